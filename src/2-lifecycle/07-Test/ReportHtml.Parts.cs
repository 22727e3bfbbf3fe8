using System.Globalization;
using Kumiki.Reports;

namespace Kumiki.Testing;

sealed partial class ReportHtml
{
    void WriteSlices()
    {
        var (slices, section) = (data.Slices, page.Section(Say(Message.Of("testing.slices")), "slices"));
        section.Note(Say(Message.Of("testing.slices-how", ("tried", Shown.Count(slices.Tried)), ("rows", Shown.Count(data.Sampling.SliceRows)), ("smallest", Shown.Count(slices.Smallest)), ("loss", slices.Loss))));
        if (slices.Found.Count == 0) section.Text(Say(Message.Of("testing.no-weak-slice")));
        else
        {
            Bars(section, slices.Found, Say(Message.Of("testing.weak-slices")));
            section.Table(Table(slices.Found) with { Caption = Say(Message.Of("testing.weak-slices")) });
        }
        if (slices.Declared.Count == 0) return;
        Bars(section, slices.Declared, Say(Message.Of("testing.declared-slices")));
        section.Table(Table(slices.Declared) with { Caption = Say(Message.Of("testing.declared-slices")) });
    }

    void Bars(ReportSection section, IReadOnlyList<SliceData> slices, string caption)
    {
        List<SliceData> judged = [.. slices.Where(s => !s.TooSmall).Take(40)];
        if (judged.Count == 0) return;
        section.Figure(Plot.Bars(new($"{caption}: {data.Slices.Loss}", [.. judged.Select(s => new Bar(s.Name, s.Loss!.Value, null, s.Low, s.High))]) { Across = data.Slices.Loss }), caption,
            new([Say(Message.Of("testing.slice")), Head.Number(data.Slices.Loss)], [.. judged.Select(s => (IReadOnlyList<Cell>)[s.Name, Number(s.Loss)])]));
    }

    ReportTable Table(IReadOnlyList<SliceData> slices) => new(
        [Say(Message.Of("testing.slice")), Head.Number(Say(Message.Of("testing.rows"))), Head.Number(data.Slices.Loss), Head.Number(Say(Message.Of("testing.low"))), Head.Number(Say(Message.Of("testing.high"))), Head.Number(Say(Message.Of("testing.rest"))),
            Head.Number(Say(Message.Of("testing.effect"))), Head.Number(Say(Message.Of("testing.chance"))), Head.Number(Say(Message.Of("testing.truth"))), Head.Number(Say(Message.Of("testing.predicted")))],
        [.. slices.Select(s => (IReadOnlyList<Cell>)(s.TooSmall
            ? [s.Name, Shown.Count(s.Rows), Say(Message.Of("testing.too-small")), "–", "–", "–", "–", "–", "–", "–"]
            : [s.Name, Shown.Count(s.Rows), Number(s.Loss), Number(s.Low), Number(s.High), Number(s.Rest), Number(s.Effect), Number(s.PAdjusted), Number(s.TruthMean), Number(s.PredictedMean)]))]);

    void WriteImportance()
    {
        var (of, section) = (data.Importance, page.Section(Say(Message.Of("testing.importance")), "importance"));
        section.Note(Say(Message.Of("testing.importance-how", ("shap", Shown.Count(data.Sampling.ShapRows)), ("rows", Shown.Count(data.Sampling.PermutationRows)), ("repeats", data.Sampling.PermutationRepeats), ("part", of.Part), ("loss", of.Loss))));
        if (of.Shap.Count > 0)
            section.Figure(Plot.Bars(new(Say(Message.Of("testing.shap")), [.. of.Shap.Take(20).Select(s => new Bar(s.Column, s.Mean, Shown.Share(s.Share)))])), Say(Message.Of("testing.shap")),
                new([Say(Message.Of("testing.column")), Head.Number(Say(Message.Of("testing.value"))), Say(Message.Of("testing.features"))],
                    [.. of.Shap.Select(s => (IReadOnlyList<Cell>)[s.Column, Number(s.Mean), string.Join(", ", s.Features.Select(f => f.Rising is { } r ? $"{f.Name} ({Number(f.Mean)}, r {Number(r)})" : $"{f.Name} ({Number(f.Mean)})"))])]));
        section.Figure(Plot.Bars(new(Say(Message.Of("testing.permutation", ("loss", of.Loss))), [.. of.Permutation.Take(20).Select(p => new Bar(p.Column, p.Harm, null, p.Low, p.High))])), Say(Message.Of("testing.permutation", ("loss", of.Loss))),
            new([Say(Message.Of("testing.column")), Head.Number(Say(Message.Of("testing.value"))), Head.Number(Say(Message.Of("testing.low"))), Head.Number(Say(Message.Of("testing.high")))],
                [.. of.Permutation.Select(p => (IReadOnlyList<Cell>)[p.Column, Number(p.Harm), Number(p.Low), Number(p.High)])]));
        if (of.Unused.Count > 0) section.Text(Say(Message.Of("testing.unused", ("columns", string.Join(", ", of.Unused)))));
        if (of.Unstable.Count > 0) section.Text(Say(Message.Of("testing.unstable", ("columns", string.Join(", ", of.Unstable)))));
    }

    void WriteInput()
    {
        var (input, section) = (data.Input, page.Section(Say(Message.Of("testing.input")), "input"));
        section.Table(new([Say(Message.Of("testing.part")), Head.Number(Say(Message.Of("testing.rows"))), Head.Number(Say(Message.Of("testing.target-mean"))), Say(Message.Of("testing.split"))],
            [.. input.Parts.Select(p => (IReadOnlyList<Cell>)[p.Name, Shown.Count(p.Rows), Number(p.TargetMean), input.Split.GetValueOrDefault($"split.{p.Name}", "–")])])
        { Caption = Say(Message.Of("testing.parts-caption", ("by", input.Split.GetValueOrDefault("split.by", "–")))) });
        section.Findings([.. input.Leaks.Select(l => new ReportFinding(l.Held == false ? Weight.Act : Weight.Note, Say(l.Says)))]);
        section.Table(new(
            [Say(Message.Of("testing.column")), Say(Message.Of("testing.kind")), Head.Number(Say(Message.Of("testing.missing-train"))), Head.Number(Say(Message.Of("testing.missing-test"))), Head.Number(Say(Message.Of("testing.unseen"))), Say(Message.Of("testing.train-range")), Say(Message.Of("testing.test-range")),
                Head.Number(Say(Message.Of("testing.outside")))],
            [.. input.Columns.Select(c => (IReadOnlyList<Cell>)[c.Name, c.Kind, Shown.Share(c.Missing.GetValueOrDefault("train")), Shown.Share(c.Missing.GetValueOrDefault("test")), c.Unseen is { } u ? Shown.Count(u) : "–",
                c.TrainMin is { } a ? Between(a, c.TrainMax!.Value) : "–", c.TestMin is { } b ? Between(b, c.TestMax!.Value) : "–", c.Outside is { } o ? Shown.Count(o) : "–"])])
        { Caption = Say(Message.Of("testing.columns-caption")) });
    }

    void WriteProcess()
    {
        var (process, section) = (data.Process, page.Section(Say(Message.Of("testing.process")), "process"));
        section.Figures((Say(Message.Of("testing.algorithm")), process.Algorithm), (Say(Message.Of("testing.seed")), process.Seed.ToString(CultureInfo.InvariantCulture)), (Say(Message.Of("testing.seconds")), Number(process.Cost.WallSeconds)),
            (Say(Message.Of("testing.cpu-seconds")), Number(process.Cost.CpuSeconds)), (Say(Message.Of("testing.megabytes")), Number(process.Cost.PeakMegabytes)), (Say(Message.Of("testing.best-round")), process.BestRound ?? "–"));
        section.Table(new([Say(Message.Of("testing.setting")), Say(Message.Of("testing.value"))], [.. process.Settings.Concat(process.Parameters.Select(p => new KeyValuePair<string, string>($"[Parameter] {p.Key}", p.Value))).Select(s => (IReadOnlyList<Cell>)[s.Key, s.Value])])
        { Caption = Say(Message.Of("testing.settings-caption")) });
        foreach (var kind in process.Curves.GroupBy(c => c.Name.Split('.')[0]))
        {
            var caption = Say(Message.Of("testing.curve", ("metric", kind.Key)));
            section.Figure(Plot.Lines(new(caption, [.. kind.Select(c => new Series(c.Name, c.Steps, c.Values))])), caption,
                new([Say(Message.Of("testing.figure")), Head.Number(Say(Message.Of("testing.round"))), Head.Number(Say(Message.Of("testing.value")))], [.. kind.SelectMany(c => c.Steps.Zip(c.Values, (s, v) => (IReadOnlyList<Cell>)[c.Name, Number(s), Number(v)]))]));
        }
        if (process.Folds.Count > 0)
            section.Table(new([Say(Message.Of("testing.figure")), Head.Number(Say(Message.Of("testing.mean"))), Head.Number(Say(Message.Of("testing.low"))), Head.Number(Say(Message.Of("testing.high"))), Say(Message.Of("testing.folds"))],
                [.. process.Folds.Select(f => (IReadOnlyList<Cell>)[f.Figure, Number(f.Mean), Number(f.Low), Number(f.High), string.Join("  ", f.Values.Select(v => Number(v)))])])
            { Caption = Say(Message.Of("testing.folds-caption")) });
        section.Details(Say(Message.Of("testing.features")), inner => inner.Text(string.Join(", ", process.Features)));
    }
}
