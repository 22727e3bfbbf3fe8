import type { Figure } from "../src/api";
import { valueOf, type DatasetInput, type ModelVersion, type TrackedFile, type TrackedRun } from "./calls";
import type { Column, MlModel } from "./mlmodel";

/** All that is known of a version, to hold it against another. */
export interface Side {
  version: ModelVersion;
  run: TrackedRun | null;
  model: MlModel | null;
  files: TrackedFile[];
}
export type Part = "metrics" | "params" | "signature" | "flavours" | "datasets" | "code" | "tags" | "files";
export interface Difference {
  part: Part;
  name: string;
  left: string | null;
  right: string | null;
}

const column = (c: Column) => `${c.type}${c.isRequired ? "" : "?"}`;
const dataset = (d: DatasetInput): [string, string] => [
  `${d.dataset.name}${valueOf(d.tags, "mlflow.data.context") ? ` (${valueOf(d.tags, "mlflow.data.context")})` : ""}`,
  d.dataset.digest,
];
const number = (value: Figure) => String(value);

/** What of each part a version has, by name. */
const facts: Record<Part, (side: Side) => [name: string, value: string][]> = {
  metrics: s => (s.run?.data.metrics ?? []).map(m => [m.dataset_name ? `${m.key} (${m.dataset_name})` : m.key, number(m.value)]),
  params: s => (s.run?.data.params ?? []).map(p => [p.key, p.value]),
  signature: s => [
    ...(s.model?.inputs ?? []).map((c): [string, string] => [`→ ${c.name}`, column(c)]),
    ...(s.model?.outputs ?? []).map((c): [string, string] => [`${c.name} →`, column(c)]),
    ...(s.model?.params ?? []).map((p): [string, string] => [`= ${p.name}`, `${p.type} ${p.value}`]),
  ],
  flavours: s =>
    (s.model?.flavours ?? []).flatMap(f => [[f.name, "✓"] as [string, string], ...f.about.map(([n, v]): [string, string] => [`${f.name}.${n}`, v])]),
  datasets: s => (s.run?.inputs.dataset_inputs ?? []).map(dataset),
  code: s =>
    [
      ["mlflow.source.git.commit", "commit"],
      ["mlflow.source.git.branch", "branch"],
      ["mlflow.source.name", "source"],
    ].flatMap(([tag, name]): [string, string][] => {
      const value = valueOf(s.run?.data.tags, tag!);
      return value === undefined ? [] : [[name!, value]];
    }),
  tags: s => [
    ...(s.version.tags ?? []).map((t): [string, string] => [t.key, t.value]),
    ["stage", s.version.current_stage],
    ["aliases", [...(s.version.aliases ?? [])].sort().join(", ")],
  ],
  files: s => s.files.map(f => [f.path, f.content]),
};

export const parts = Object.keys(facts) as Part[];

/** What differs between two versions, part by part, and by name within each. A name a side has more than once counts with all its values. */
export function differences(left: Side, right: Side): Difference[] {
  return parts.flatMap(part => {
    const [a, b] = [grouped(facts[part](left)), grouped(facts[part](right))];
    return [...new Set([...a.keys(), ...b.keys()])].sort().flatMap(name => {
      const [x, y] = [a.get(name) ?? null, b.get(name) ?? null];
      return x === y ? [] : [{ part, name, left: x, right: y }];
    });
  });
}

function grouped(of: [string, string][]): Map<string, string> {
  const all = new Map<string, string[]>();
  for (const [name, value] of of) all.set(name, [...(all.get(name) ?? []), value]);
  return new Map([...all].map(([name, values]) => [name, values.sort().join(", ")]));
}
