import { useState } from "preact/hooks";
import { useWords } from "../registry/words";
import { Inert } from "./Inert";
import { plain } from "./kinds";
import { Markdown, type ImageAt } from "./Markdown";
import type { Cell, Output } from "./notebook";

const cellsAtOnce = 50;
const longestOutput = 100_000;

export function Notebook({ cells, imageAt }: { cells: Cell[]; imageAt: ImageAt }) {
  const words = useWords();
  const [most, setMost] = useState(cellsAtOnce);
  if (cells.length === 0) return <p class="quiet">{words("page.nb.empty")}</p>;
  return (
    <>
      <ol class="notebook">
        {cells.slice(0, most).map((cell, i) => (
          <li key={i} class={`cell ${cell.kind}`}>
            {cell.kind === "markdown" ? (
              <Markdown
                text={cell.text}
                imageAt={a => (a.startsWith("attachment:") ? (cell.attachments[decodeURI(a.slice(11))] ?? null) : imageAt(a))}
                level={4}
              />
            ) : (
              <pre class="source" tabIndex={0} aria-label={cell.count === null ? words("page.nb.source") : words("page.nb.source-of", { count: cell.count })}>
                <code>{cell.text}</code>
              </pre>
            )}
            {cell.outputs.map((output, j) => (
              <Shown key={j} output={output} imageAt={imageAt} />
            ))}
          </li>
        ))}
      </ol>
      {cells.length > most && (
        <button type="button" onClick={() => setMost(m => m + cellsAtOnce)}>
          {words("page.art.more", { count: cells.length - most })}
        </button>
      )}
    </>
  );
}

function Shown({ output, imageAt }: { output: Output; imageAt: ImageAt }) {
  const words = useWords();
  switch (output.is) {
    case "image":
      return <img class="output" src={output.source} alt={words("page.nb.picture")} />;
    case "markdown":
      return (
        <div class="output">
          <Markdown text={output.text} imageAt={imageAt} level={4} />
        </div>
      );
    case "html":
      return (
        <div class="output">
          <Inert html={output.html} label={words("page.nb.table")} />
        </div>
      );
    case "text": {
      const text = plain(output.text);
      return (
        <pre class={`output ${output.isError ? "bad" : ""}`} tabIndex={0} aria-label={words("page.nb.output")}>
          {text.length > longestOutput ? `${text.slice(0, longestOutput)} …` : text}
        </pre>
      );
    }
  }
}
