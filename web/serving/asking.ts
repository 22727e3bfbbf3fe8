import type { Field, FieldError } from "./types";

const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

/** What was typed for a field, as JSON; null where it is left out. */
export function jsonOf(field: Field, typed: string): string | null {
  const text = typed.trim();
  switch (field.kind) {
    case "Text":
      return typed === "" && field.optional ? null : JSON.stringify(typed);
    case "Any":
      if (text === "") return null;
      try {
        JSON.parse(text);
        return text;
      } catch {
        return JSON.stringify(typed);
      }
    case "Choice":
    case "Picture":
    case "Date":
      return text === "" ? null : JSON.stringify(text);
    case "Flag":
      return text === "" ? null : text === "true" || text === "false" ? text : JSON.stringify(text);
    default: // Digits stay as they were typed. What is no number is sent as text: the server says what is wrong with it.
      return text === "" ? null : jsonNumber.test(text) ? text : number.test(text) ? String(Number(text)) : JSON.stringify(text);
  }
}

/** The row that is sent, one field a line. */
export function rowOf(fields: Field[], typed: Record<string, string>): string {
  const lines = fields.flatMap(f => {
    const json = jsonOf(f, typed[f.name] ?? "");
    return json === null ? [] : [`  ${JSON.stringify(f.name)}: ${json}`];
  });
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n}`;
}

/** A row of the API's as the form shows it. */
export function typedOf(example: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(example).map(([name, value]) => [name, value === null ? "" : typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

/** A text as a shell takes it, whatever it holds. */
export const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The command that asks for the same; pictures are sent as files of a form. */
export function curlOf(origin: string, endpoint: string, fields: Field[], typed: Record<string, string>, session: string): string {
  const body = fields.some(f => f.kind === "Picture")
    ? fields.flatMap(f => (jsonOf(f, typed[f.name] ?? "") === null ? [] : [`  -F ${quoted(f.kind === "Picture" ? `${f.name}=@photo.jpg` : `${f.name}=${typed[f.name]}`)}`]))
    : [`  -H 'Content-Type: application/json'`, `  -d ${quoted(rowOf(fields, typed))}`];
  return [
    `curl -s ${origin}/api/endpoints/${encodeURIComponent(endpoint)}/predict`,
    ...(session === "" ? [] : [`  -H ${quoted(`Kumiki-Session: ${session}`)}`]),
    ...body,
  ].join(" \\\n");
}

/** What is wrong with each field, and what is wrong with none of them. */
export function faultsOf(errors: FieldError[], fields: Field[]): { of: Record<string, string>; others: string[] } {
  const of: Record<string, string> = {};
  const others: string[] = [];
  for (const { field, detail } of errors) {
    if (field !== undefined && fields.some(f => f.name === field)) of[field] = of[field] === undefined ? detail : `${of[field]} ${detail}`;
    else others.push(detail);
  }
  return { of, others };
}

const dayMs = 86_400_000;
/** Days since 1970-01-01 as a date input writes them. */
export const dayOf = (days: number): string => new Date(Math.round(days) * dayMs).toISOString().slice(0, 10);

/** "0 < … ≤ 100", in the words of mathematics; "" where a field takes any value. */
export function boundsOf(field: Field, say: (value: number) => string): string {
  const [min, max] = [field.min ?? null, field.max ?? null];
  const low = min === null ? "" : `${say(min)} ${field.minExcluded ? "<" : "≤"} `;
  const high = max === null ? "" : ` ${field.maxExcluded ? "<" : "≤"} ${say(max)}`;
  if (min !== null && max !== null) return `${low}…${high}`;
  return min !== null ? `${field.minExcluded ? ">" : "≥"} ${say(min)}` : max !== null ? `${field.maxExcluded ? "<" : "≤"} ${say(max)}` : "";
}
