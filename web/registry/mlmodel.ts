import { load } from "js-yaml";

/** What an MLmodel file says of its model. */
export interface MlModel {
  inputs: Column[];
  outputs: Column[];
  params: Param[];
  flavours: Flavour[];
  madeAt: string | null;
  mlflow: string | null;
}
export interface Column {
  name: string;
  type: string;
  isRequired: boolean;
}
export interface Param {
  name: string;
  type: string;
  value: string;
}
/** @param about its own fields as texts: its version, its file. */
export interface Flavour {
  name: string;
  about: [name: string, value: string][];
}

type Raw = Record<string, unknown>;
const record = (value: unknown): Raw => (value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Raw) : {});
const text = (value: unknown): string => (typeof value === "string" ? value : value instanceof Date ? value.toISOString() : (JSON.stringify(value) ?? ""));

/** @throws Error where it is no YAML, or not the file of a model. */
export function mlmodel(yaml: string): MlModel {
  const read = load(yaml);
  if (read === null || typeof read !== "object" || Array.isArray(read)) throw new Error("flavors");
  const of = record(read);
  const signature = record(of.signature);
  return {
    inputs: columns(signature.inputs),
    outputs: columns(signature.outputs),
    params: list(signature.params).map(p => ({ name: text(p.name), type: text(p.type ?? p.dtype), value: "default" in p ? JSON.stringify(p.default) : "" })),
    flavours: Object.entries(record(of.flavors)).map(([name, about]) => ({
      name,
      about: Object.entries(record(about))
        .filter(([, v]) => v !== null && typeof v !== "object")
        .map(([n, v]) => [n, text(v)]),
    })),
    madeAt: of.utc_time_created === undefined ? null : text(of.utc_time_created),
    mlflow: typeof of.mlflow_version === "string" ? of.mlflow_version : null,
  };
}

/** A signature's part is a list, or the JSON of one as a text. */
function list(of: unknown): Raw[] {
  const read: unknown = typeof of === "string" ? JSON.parse(of) : of;
  return Array.isArray(read) ? read.map(record) : [];
}

const columns = (of: unknown): Column[] =>
  list(of).map((column, i) => ({
    name: column.name === undefined ? `[${i}]` : text(column.name),
    type: typeOf(column),
    isRequired: column.required !== false,
  }));

/** double, tensor float64 [-1, 28, 28], array<string>, {name: string}. */
function typeOf(of: Raw): string {
  const type = text(of.type);
  const spec = record(of["tensor-spec"]);
  if (type === "tensor") return `tensor ${text(spec.dtype)} ${JSON.stringify(spec.shape ?? []).replaceAll(",", ", ")}`;
  if (type === "array") return `array<${typeOf(record(of.items))}>`;
  if (type === "map") return `map<${typeOf(record(of.values))}>`;
  if (type === "object")
    return `{${Object.entries(record(of.properties))
      .map(([name, p]) => `${name}: ${typeOf(record(p))}`)
      .join(", ")}}`;
  return type;
}
