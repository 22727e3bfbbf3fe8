/** The parts of an OpenAPI 3.1 document that the page reads. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  enum?: (string | null)[];
  oneOf?: Schema[];
  examples?: unknown[];
  description?: string;
}
export interface Parameter { name: string; in: string; required?: boolean; description?: string; schema?: Schema }
export interface Operation {
  tags?: string[]; summary?: string; parameters?: Parameter[]; requestBody?: { content?: Record<string, { schema?: Schema }> };
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: Schema }> }>;
}
export interface OpenApi {
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Address { method: string; path: string; of: Operation }

/** Every address by its tag, both in the order of the document. */
export function byTag(document: OpenApi): [string, Address[]][] {
  const tags = new Map<string, Address[]>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, of] of Object.entries(methods)) {
      const tag = of.tags?.[0] ?? "";
      tags.set(tag, [...(tags.get(tag) ?? []), { method: method.toUpperCase(), path, of }]);
    }
  }
  return [...tags];
}

/** A schema as one reads types: `{ runs: RunLine[]; next: string | null }`. What it refers to is written out, each name once on the way down. */
export function typeOf(schema: Schema | undefined, document: OpenApi, indent = "", seen: string[] = []): string {
  if (!schema) return "any";
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1)!;
    const of = document.components?.schemas?.[name];
    return !of || seen.includes(name) ? name : typeOf(of, document, indent, [...seen, name]);
  }
  if (schema.oneOf) return schema.oneOf.map(o => typeOf(o, document, indent, seen)).sort((a, b) => Number(a === "null") - Number(b === "null")).join(" | ");
  if (schema.enum) return schema.enum.map(e => (e === null ? "null" : `"${e}"`)).join(" | ");
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type ?? (schema.properties ? "object" : "any")]).map(type => {
    switch (type) {
      case "array": {
        const items = typeOf(schema.items, document, indent, seen);
        return / \| /.test(items) && !items.startsWith("{") ? `(${items})[]` : `${items}[]`;
      }
      case "object": {
        if (schema.properties) {
          const inner = `${indent}  `;
          const lines = Object.entries(schema.properties).map(
            ([name, of]) => `${inner}${name}${schema.required?.includes(name) ? "" : "?"}: ${typeOf(of, document, inner, seen)}`,
          );
          return `{\n${lines.join("\n")}\n${indent}}`;
        }
        return typeof schema.additionalProperties === "object" ? `{ [name]: ${typeOf(schema.additionalProperties, document, indent, seen)} }` : "{}";
      }
      default: return schema.format && type !== "null" ? `${type} (${schema.format})` : type;
    }
  });
  return types.filter(t => t !== "null").concat(types.filter(t => t === "null")).join(" | ");
}

/** The address with its holes filled and what else was given as a query; holes that were left open stay. */
export function filled(path: string, parameters: Parameter[], values: Record<string, string>): string {
  const asked = new URLSearchParams();
  let to = path;
  for (const p of parameters) {
    const value = values[p.name] ?? "";
    if (value === "") continue;
    if (p.in === "path") to = to.replace(`{${p.name}}`, value.split("/").map(encodeURIComponent).join("/"));
    else if (p.in === "query") asked.set(p.name, value);
  }
  return asked.size > 0 ? `${to}?${asked}` : to;
}
