/** How a file is shown. */
export type Kind = "text" | "json" | "image" | "table" | "notebook" | "markdown" | "frame" | "none";

const byEnd: Record<string, Kind> = {};
const name = (kind: Kind, ends: string) => ends.split(" ").forEach(end => (byEnd[end] = kind));
name("text", "txt log err out cfg conf ini properties toml yaml yml xml jsonl ndjson rst tex env lock diff patch");
name("text", "js mjs ts tsx py r sh sql css java cs go rs c h cpp hpp jl scala bat ps1");
name("json", "json geojson");
name("image", "png jpg jpeg gif webp bmp");
name("table", "csv tsv parquet");
name("notebook", "ipynb");
name("markdown", "md markdown");
name("frame", "html htm svg");

/** By a file's name; one without an ending is taken for text, as MLmodel and Dockerfile are, and shown if it is. */
export function kindOf(path: string): Kind {
  const file = path.slice(path.lastIndexOf("/") + 1);
  const dot = file.lastIndexOf(".");
  return dot <= 0 ? "text" : (byEnd[file.slice(dot + 1).toLowerCase()] ?? "none");
}

/** Whether bytes are those of a text: no zero among the first of them. */
export const isText = (bytes: Uint8Array): boolean => !bytes.subarray(0, 8192).includes(0);

/** A program's output without the codes that colour it in a terminal. */
export const plain = (text: string): string => text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, "");

/** A text cut into pieces of so many lines, each with its line ends: a browser lays out only those that are seen. */
export function pieces(text: string, lines = 500): string[] {
  const all: string[] = [];
  for (let from = 0; from < text.length; ) {
    let to = from;
    for (let n = 0; n < lines && to < text.length; n++) to = text.indexOf("\n", to) + 1 || text.length;
    all.push(text.slice(from, to));
    from = to;
  }
  return all;
}
