namespace Kumiki.Reports;

/// <summary>How every report looks. The six colours are told apart by people with any colour sight (after Okabe and Ito, "Color Universal Design", 2008) and
/// stand out 3:1 or more from the page in
/// light and in dark; lines differ by their dashes as well.</summary>
static class ReportStyle
{
    public const string Css = """

        :root { color-scheme: light dark; --paper: #faf8f4; --sheet: #fff; --ink: #23211d; --quiet: #635d53; --rule: #e2dcd0; --accent: #1d5f59;
          --focus: #0b6fc4;
          --act: #a92a20; --act-wash: #fbe9e6; --look: #7d4f00; --look-wash: #fdf0d5; --note: #1f5596; --note-wash: #e4eefa;
          --c1: #0b63a5; --c2: #b5480a; --c3: #00785a; --c4: #8a4f9e; --c5: #806300; --c6: #5a5a5a;
          --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Hiragino Sans", "Yu Gothic UI", "Noto Sans JP", "Noto Sans CJK JP", sans-serif; }
        @media screen and (prefers-color-scheme: dark) { :root { --paper: #171614; --sheet: #201f1c; --ink: #ece7de; --quiet: #aaa396; --rule: #3a3731;
          --accent: #7fcdc3; --focus: #7fbcf5;
          --act: #f2968c; --act-wash: #42211d; --look: #efc26f; --look-wash: #3d2f14; --note: #93bff2; --note-wash: #1d2f45;
          --c1: #6fb7f2; --c2: #f2a06b; --c3: #5fcfa8; --c4: #cf9be0; --c5: #e0c35a; --c6: #b8b8b8; } }
        * { box-sizing: border-box; }
        html { font: 400 15px/1.55 var(--sans); background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
        body { margin: 0 auto; max-width: 76rem; padding: 1.2rem clamp(.7rem, 3vw, 2.5rem) 4rem; overflow-wrap: anywhere; }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .4rem; } h2 { font-size: 1.2rem; margin: 2.4rem 0 .8rem; }
        h3 { font-size: 1.02rem; margin: 0 0 .5rem; } h4 { font-size: 1rem; margin: 1rem 0 .5rem; }
        p { margin: 0 0 .7rem; max-width: 68ch; } .kind { margin: 0; color: var(--quiet); font-size: .9rem; } .lead { color: var(--quiet); }
        .note { color: var(--quiet); font-size: .88rem; }
        a { color: var(--accent); text-underline-offset: .18em; }
        :focus-visible { outline: 2.5px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
        nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; margin: .8rem 0 0; padding: .5rem 0;
          border-top: 1px solid var(--rule); border-bottom: 1px solid var(--rule); }
        dl { margin: 0 0 1rem; } dt { color: var(--quiet); font-size: .86rem; } dd { margin: 0; font-variant-numeric: tabular-nums; }
        .facts { display: flex; flex-wrap: wrap; gap: .6rem 2.2rem; } .facts dd { font-size: 1.35rem; font-weight: 650; line-height: 1.3; }
        dl.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); gap: .35rem 1rem; font-size: .93rem; }
        .findings { margin: 0 0 1rem; padding: 0; list-style: none; display: grid; gap: .4rem; }
        .findings li { display: grid; grid-template-columns: minmax(3.6rem, max-content) 1fr; gap: .2rem .8rem; padding: .45rem .8rem;
          border-left: 4px solid var(--note); background: var(--note-wash); border-radius: 0 6px 6px 0; }
        .findings b { color: var(--note); } .findings .act { border-color: var(--act); background: var(--act-wash); } .findings .act b { color: var(--act); }
        .findings .look { border-color: var(--look); background: var(--look-wash); } .findings .look b { color: var(--look); }
        .level3 { background: var(--sheet); border: 1px solid var(--rule); border-radius: 8px; padding: .9rem 1rem; margin: 0 0 1rem; }
        :target { scroll-margin-top: 1rem; } .level3:target { border-color: var(--accent); border-width: 2px; }
        .plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 1rem 1.6rem; margin: 0 0 1rem;
          align-items: start; }
        figure { margin: 0; min-width: 0; } figure.wide { grid-column: 1 / -1; } figcaption { font-weight: 600; font-size: .93rem; margin: 0 0 .3rem; }
        .plot { display: block; width: 100%; max-width: 29rem; height: auto; font-family: var(--sans); }
        details { margin: .3rem 0 .6rem; } summary { cursor: pointer; color: var(--accent); font-size: .9rem; width: fit-content; }
        .scroll { overflow-x: auto; max-width: 100%; }
        table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
        caption { text-align: left; color: var(--quiet); padding: .3rem 0; }
        th, td { text-align: left; vertical-align: top; padding: .28rem .9rem .28rem 0; border-bottom: 1px solid var(--rule); font-weight: 400;
          max-width: 24rem; min-width: 5.2rem; overflow-wrap: anywhere; } th[scope=row] { min-width: 7.5rem; }
        thead th { color: var(--quiet); font-weight: 500; white-space: nowrap; } th.n, td.n { text-align: right; white-space: nowrap; min-width: 3rem; }
        thead .n { white-space: normal; overflow-wrap: normal; }
        i.bar { display: block; height: 3px; margin-top: 2px; background: var(--c2); border-radius: 2px; }
        .fill1, .band1 { fill: var(--c1); } .fill2, .band2 { fill: var(--c2); } .fill3, .band3 { fill: var(--c3); } .fill4, .band4 { fill: var(--c4); }
        .fill5, .band5 { fill: var(--c5); } .fill6, .band6 { fill: var(--c6); }
        .band1, .band2, .band3, .band4, .band5, .band6 { fill-opacity: .2; }
        .line1, .line2, .line3, .line4, .line5, .line6 { fill: none; stroke-width: 1.8; stroke-linejoin: round; } .thin { stroke-width: 1; }
        .line1 { stroke: var(--c1); } .line2 { stroke: var(--c2); stroke-dasharray: 6 3; } .line3 { stroke: var(--c3); stroke-dasharray: 2 2.5; }
        .line4 { stroke: var(--c4); stroke-dasharray: 8 3 2 3; } .line5 { stroke: var(--c5); stroke-dasharray: 12 4; }
        .line6 { stroke: var(--c6); stroke-dasharray: 4 4; }
        .axis { stroke: var(--quiet); stroke-width: 1; } .grid { stroke: var(--rule); stroke-width: 1; }
        .mark { stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 4 3; fill: none; } .whisker { stroke: var(--ink); stroke-width: 1.1; }
        .box { fill: var(--c1); fill-opacity: .35; stroke: var(--c1); } .median { stroke: var(--ink); stroke-width: 2; }
        .empty { fill: none; stroke: var(--rule); }
        .plot text { fill: var(--ink); } .plot .tick, .plot .label { fill: var(--quiet); } .plot .cell, .plot .value { fill: var(--ink); }
        .plot .over { paint-order: stroke; stroke: var(--sheet); stroke-width: 3px; }
        @media (max-width: 34rem) { .findings li { grid-template-columns: 1fr; } .level3 { padding: .7rem .7rem; } }
        @media print { :root { color-scheme: light; } body { max-width: none; padding: 0; font-size: 10.5pt; } nav, summary { display: none; }
        figure, .findings li, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } .scroll { overflow: visible; } }

        """;
}
