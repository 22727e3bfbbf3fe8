import { lexer, type Token, type Tokens } from "marked";
import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useWords, type Words } from "../registry/words";
import "./files.css";

/** Where an image's bytes may be loaded from; null for one that is not loaded. */
export type ImageAt = (address: string) => string | null;

/**
 * Markdown as elements of this page. Nothing of it is ever read as HTML: tags are shown as they are written, links lead to http, https, mailto and these
 * pages only, and images come from where `imageAt` says.
 */
export function Markdown({ text, imageAt, level = 3 }: { text: string; imageAt: ImageAt; level?: number }) {
  const words = useWords();
  const blocks = useMemo(() => lexer(text, { gfm: true }), [text]);
  return <div class="markdown">{new Writer(words, imageAt, level, blocks).blocks(blocks)}</div>;
}

/** An address a link may have: safe in whatever way a browser reads it. */
export function linkTo(href: string): string | null {
  if (/^#\/[^\s]*$/.test(href)) return href;
  try {
    return ["http:", "https:", "mailto:"].includes(new URL(href).protocol) ? href : null;
  } catch {
    return null; // relative: it would lead into this server, and what it means there nobody said
  }
}

/** The path of an image that is written beside its text: plots/roc.png; null for any other address. */
export function besideOf(address: string): string | null {
  let path: string;
  try {
    path = decodeURIComponent(address).replace(/^(\.\/)+/, "");
  } catch {
    return null;
  }
  const parts = path.split("/");
  return path === "" || /^[a-z][a-z0-9+.-]*:|[\\#?]/i.test(path) || parts.some(p => p === "" || p === "." || p === "..") ? null : path;
}

const entities: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  copy: "©",
  reg: "®",
  trade: "™",
  mdash: "—",
  ndash: "–",
  hellip: "…",
  times: "×",
  plusmn: "±",
  le: "≤",
  ge: "≥",
  ne: "≠",
  deg: "°",
  micro: "µ",
  rarr: "→",
  larr: "←",
  euro: "€",
};

/** Characters written by name or number: &amp;amp; and &amp;#x3b1;. A name that is not known stays as it is. */
export function unescaped(text: string): string {
  return text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]+);/gi, (written, name: string) => {
    if (name[0] !== "#") return entities[name.toLowerCase()] ?? written;
    const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : written;
  });
}

class Writer {
  readonly #top: number;
  #last: number;

  constructor(
    readonly words: Words,
    readonly imageAt: ImageAt,
    readonly level: number,
    all: Token[],
  ) {
    this.#top = Math.min(6, ...all.flatMap(t => (t.type === "heading" ? [(t as Tokens.Heading).depth] : [])));
    this.#last = level - 1;
  }

  blocks(of: Token[]): ComponentChildren {
    return of.map((token, i) => <Keyed key={i}>{this.block(token)}</Keyed>);
  }

  block(token: Token): ComponentChildren {
    switch (token.type) {
      case "space":
      case "def":
        return null;
      case "hr":
        return <hr />;
      case "heading":
        return this.heading(token as Tokens.Heading);
      case "code":
        return (
          <pre>
            <code>{(token as Tokens.Code).text}</code>
          </pre>
        );
      case "blockquote":
        return <blockquote>{this.blocks((token as Tokens.Blockquote).tokens)}</blockquote>;
      case "list":
        return this.list(token as Tokens.List);
      case "table":
        return this.table(token as Tokens.Table);
      case "paragraph":
        return <p>{this.inline((token as Tokens.Paragraph).tokens)}</p>;
      case "html":
        return <p>{token.raw.trim()}</p>;
      default:
        return this.one(token);
    }
  }

  // A text's own headings go below those of the page, without a gap between them.
  heading(token: Tokens.Heading): JSX.Element {
    const depth = Math.min(6, this.level + token.depth - this.#top, this.#last + 1);
    this.#last = depth;
    const Heading = `h${depth}` as "h3";
    return <Heading>{this.inline(token.tokens)}</Heading>;
  }

  list(token: Tokens.List): JSX.Element {
    const items = token.items.map((item, i) => (
      <li key={i} class={item.task ? "task" : undefined}>
        {item.task && (
          <span aria-label={this.words(item.checked ? "page.md.done" : "page.md.open")} role="img">
            {item.checked ? "☑" : "☐"}{" "}
          </span>
        )}
        {this.blocks(item.tokens.filter(t => t.type !== "checkbox"))}
      </li>
    ));
    return token.ordered ? <ol start={token.start === "" ? undefined : token.start}>{items}</ol> : <ul>{items}</ul>;
  }

  table(token: Tokens.Table): JSX.Element {
    return (
      <div class="table-box" tabIndex={0} role="group" aria-label={this.words("page.md.table")}>
        <table>
          <thead>
            <tr>
              {token.header.map((cell, i) =>
                cell.text === "" ? (
                  <td key={i} />
                ) : (
                  <th key={i} scope="col">
                    {this.inline(cell.tokens)}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {token.rows.map((row, i) => (
              <tr key={i}>
                {row.map((cell, j) => (
                  <td key={j}>{this.inline(cell.tokens)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    );
  }

  inline(of: Token[] | undefined): ComponentChildren {
    return (of ?? []).map((token, i) => <Keyed key={i}>{this.one(token)}</Keyed>);
  }

  one(token: Token): ComponentChildren {
    switch (token.type) {
      case "strong":
        return <strong>{this.inline(token.tokens)}</strong>;
      case "em":
        return <em>{this.inline(token.tokens)}</em>;
      case "del":
        return <del>{this.inline(token.tokens)}</del>;
      case "br":
        return <br />;
      case "codespan":
        return <code>{(token as Tokens.Codespan).text}</code>;
      case "link":
        return this.link(token as Tokens.Link);
      case "image":
        return this.image(token as Tokens.Image);
      case "html":
        return token.raw;
      case "escape":
        return (token as Tokens.Escape).text;
      case "text":
        return token.tokens ? this.inline(token.tokens) : unescaped((token as Tokens.Text).text);
      default:
        return token.raw; // what a later version of the reader knows besides
    }
  }

  link(token: Tokens.Link): JSX.Element {
    const href = linkTo(unescaped(token.href));
    const inside = this.inline(token.tokens);
    if (href === null) return <span title={token.href}>{inside}</span>;
    return href.startsWith("#") ? (
      <a href={href}>{inside}</a>
    ) : (
      <a href={href} rel="noopener noreferrer" target="_blank">
        {inside}
      </a>
    );
  }

  image(token: Tokens.Image): JSX.Element {
    const from = this.imageAt(unescaped(token.href));
    const says = unescaped(token.text);
    return from === null ? (
      <span class="quiet">{this.words("page.md.no-image", { name: says || token.href })}</span>
    ) : (
      <img src={from} alt={says} loading="lazy" />
    );
  }
}

function Keyed({ children }: { children: ComponentChildren }) {
  return <>{children}</>;
}
