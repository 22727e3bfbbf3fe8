import { useState } from "preact/hooks";
import { TableRows } from "../assets/Rows";
import { Bytes, Read } from "../src/parts";
import { useSay } from "../src/texts";
import { at } from "../registry/calls";
import { useWords } from "../registry/words";
import { Json } from "./Json";
import { kindOf, pieces, type Kind } from "./kinds";
import { besideOf, Markdown, type ImageAt } from "./Markdown";
import { Notebook } from "./Notebook";
import { notebook } from "./notebook";
import { useText, type Text } from "./text";

const mega = 1 << 20;
/** What is read as one piece: a longer notebook or JSON is shown as text. */
const wholeUpTo = 8 * mega;

/** One file, shown as what it is, with a way to save it. @param root where its images are looked for: those of the same run or model. */
export function Viewer({ root, path, size }: { root: string; path: string; size: number }) {
  const words = useWords();
  const kind = kindOf(path);
  const [asText, setAsText] = useState(false);
  const whole = `${root}/${path}`;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const both = kind === "json" || kind === "notebook" || kind === "markdown" || kind === "frame";
  return (
    <section class="viewer" aria-label={name}>
      <p class="viewer-head">
        <b>
          <code>{path}</code>
        </b>{" "}
        <span class="quiet">
          <Bytes of={size} />
        </span>
        {both && size > 0 && (
          <button type="button" class="small" aria-pressed={asText} onClick={() => setAsText(t => !t)}>
            {words("page.art.source")}
          </button>
        )}
        <a class="button small" href={at.file(whole)} download={name}>
          {words("page.art.download")}
        </a>
      </p>
      {size === 0 ? <p class="quiet">{words("page.art.empty-file")}</p> : <Shown root={root} path={path} size={size} kind={asText ? "text" : kind} />}
    </section>
  );
}

function Shown({ root, path, size, kind }: { root: string; path: string; size: number; kind: Kind }) {
  const words = useWords();
  const whole = `${root}/${path}`;
  switch (kind) {
    case "none":
      return <p class="quiet">{words("page.art.not-shown")}</p>;
    case "image":
      return <Picture key={whole} address={`${at.file(whole)}?size=${size}`} name={path} />;
    case "table":
      return <TableRows key={whole} rows={at.rows(whole)} label={words("page.art.rows", { name: path })} more={words("page.art.some-rows")} />;
    case "frame":
      return <Frame key={whole} path={whole} name={path} />;
    case "text":
      return <Lines key={whole} path={whole} size={size} />;
    default:
      return (
        <Whole key={`${whole} ${kind}`} path={whole} size={size}>
          {text => <Understood kind={kind} text={text} path={whole} size={size} imageAt={imagesBeside(root, path)} />}
        </Whole>
      );
  }
}

/** Images that a text of a folder names are looked for in that folder, within the same run or model. */
export function imagesBeside(root: string, path: string): ImageAt {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : "";
  return address => {
    const beside = besideOf(address);
    return beside === null ? null : at.file(`${root}/${folder}${beside}`);
  };
}

function Understood({ kind, text, path, size, imageAt }: { kind: Kind; text: string; path: string; size: number; imageAt: ImageAt }) {
  const words = useWords();
  if (kind === "markdown") return <Markdown text={text} imageAt={imageAt} />;
  const name = path.slice(path.lastIndexOf("/") + 1);
  try {
    return kind === "notebook" ? (
      <Notebook cells={notebook(text)} imageAt={imageAt} />
    ) : (
      <div class="json-tree">
        <Json of={JSON.parse(text)} open />
      </div>
    );
  } catch (e) {
    const reason = e instanceof Error ? e.message : String(e);
    return (
      <>
        <p role="alert" class="warning">
          {words(kind === "notebook" ? "page.art.bad-notebook" : "page.art.bad-json", { name, reason })}
        </p>
        <Lines path={path} size={size} />
      </>
    );
  }
}

/** A file that is understood as a whole or not at all. */
function Whole({ path, size, children }: { path: string; size: number; children: (text: string) => preact.ComponentChildren }) {
  const words = useWords();
  const text = useText(at.file(path), size, wholeUpTo);
  if (size > wholeUpTo)
    return (
      <>
        <p class="note">{words("page.art.long")}</p>
        <Lines path={path} size={size} />
      </>
    );
  return (
    <Read of={text} what={path}>
      {value => <>{value.isText ? children(value.text) : <p class="quiet">{words("page.art.not-text")}</p>}</>}
    </Read>
  );
}

function Lines({ path, size }: { path: string; size: number }) {
  const words = useWords();
  const [most, setMost] = useState(mega);
  const text = useText(at.file(path), size, most);
  return (
    <Read of={text} what={path}>
      {(value: Text) =>
        !value.isText ? (
          <p class="quiet">{words("page.art.not-text")}</p>
        ) : (
          <>
            <pre class="lines" tabIndex={0} role="region" aria-label={path}>
              {pieces(value.text).map((piece, i) => (
                <span key={i} class="piece">
                  {piece}
                </span>
              ))}
            </pre>
            {!value.isWhole && (
              <p class="pager">
                <span>{words("page.art.first", { shown: value.bytes >> 20, all: Math.ceil(size / mega) })}</span>
                {most < wholeUpTo && (
                  <button type="button" onClick={() => setMost(m => m * 2)}>
                    {words("page.art.read-more")}
                  </button>
                )}
              </p>
            )}
          </>
        )
      }
    </Read>
  );
}

function Picture({ address, name }: { address: string; name: string }) {
  const words = useWords();
  const [isBroken, setBroken] = useState(false);
  return isBroken ? (
    <p role="alert" class="warning">
      {words("page.art.bad-image", { name })}
    </p>
  ) : (
    <img class="picture" src={address} alt={name} onError={() => setBroken(true)} />
  );
}

/** A page of a client's, shut off: it runs no script, or its own ones of no origin when the reader asks for that. */
function Frame({ path, name }: { path: string; name: string }) {
  const words = useWords();
  const say = useSay();
  const [scripts, setScripts] = useState(false);
  return (
    <>
      <p class="frame-tools">
        <span class="quiet">{words(scripts ? "page.art.scripts-run" : "page.art.scripts-off")}</span>{" "}
        <button type="button" class="small" aria-pressed={scripts} onClick={() => setScripts(s => !s)}>
          {words("page.art.scripts")}
        </button>{" "}
        <a href={at.frame(path, false)} target="_blank" rel="noopener noreferrer">
          {words("page.art.alone")}
        </a>
      </p>
      <iframe
        key={String(scripts)}
        class="frame"
        title={`${say("page.file")}: ${name}`}
        src={at.frame(path, scripts)}
        sandbox={scripts ? "allow-scripts" : ""}
      />
    </>
  );
}
