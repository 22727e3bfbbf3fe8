/** A Jupyter notebook as far as it is shown: nbformat 4. */
export interface Cell { kind: "markdown" | "code" | "raw"; text: string; count: number | null; outputs: Output[]; attachments: Record<string, string> }
export type Output =
  | { is: "text"; text: string; isError: boolean }
  | { is: "image"; source: string }
  | { is: "html"; html: string }
  | { is: "markdown"; text: string };

type Raw = Record<string, unknown>;

const joined = (value: unknown): string => (Array.isArray(value) ? value.filter(v => typeof v === "string").join("") : typeof value === "string" ? value : "");
const record = (value: unknown): Raw => (value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Raw) : {});
const isBase64 = (text: string) => /^[A-Za-z0-9+/=\s]+$/.test(text);

/** @throws Error where it is no notebook. */
export function notebook(text: string): Cell[] {
  const cells = record(JSON.parse(text)).cells;
  if (!Array.isArray(cells)) throw new Error("cells");
  return cells.map(record).map(cell => ({
    kind: cell.cell_type === "markdown" || cell.cell_type === "code" ? cell.cell_type : "raw",
    text: joined(cell.source),
    count: typeof cell.execution_count === "number" ? cell.execution_count : null,
    outputs: Array.isArray(cell.outputs) ? cell.outputs.map(record).flatMap(output) : [],
    attachments: Object.fromEntries(Object.entries(record(cell.attachments)).flatMap(([name, of]) => {
      const source = image(record(of));
      return source === null ? [] : [[name, source]];
    })),
  }));
}

/** The richest form of what a cell gave that can be shown. */
function output(of: Raw): Output[] {
  switch (of.output_type) {
    case "stream": return [{ is: "text", text: joined(of.text), isError: of.name === "stderr" }];
    case "error": return [{ is: "text", text: joined(of.traceback).trim() || `${joined(of.ename)}: ${joined(of.evalue)}`, isError: true }];
    case "execute_result": case "display_data": {
      const data = record(of.data);
      const source = image(data);
      if (source !== null) return [{ is: "image", source }];
      const drawn = joined(data["image/svg+xml"]);
      if (drawn !== "") return [{ is: "image", source: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawn)}` }];
      if (data["text/html"] !== undefined) return [{ is: "html", html: joined(data["text/html"]) }];
      if (data["text/markdown"] !== undefined) return [{ is: "markdown", text: joined(data["text/markdown"]) }];
      const text = joined(data["text/latex"] ?? data["text/plain"]);
      return text === "" ? [] : [{ is: "text", text, isError: false }];
    }
    default: return [];
  }
}

/** A picture as an address that an img may have, where nothing in it can run. */
function image(data: Raw): string | null {
  for (const type of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
    const bytes = joined(data[type]);
    if (bytes !== "" && isBase64(bytes)) return `data:${type};base64,${bytes.replace(/\s/g, "")}`;
  }
  return null;
}
