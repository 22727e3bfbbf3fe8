import type { Asset, MakingAsked, Neighbour, Parameter } from "../src/api";
import type { TextId } from "../src/texts";

/** What is wrong with what was typed for a parameter, as an entry of the catalogue; null where it can be asked for. */
export function faultOf(of: Parameter, typed: string): TextId | null {
  const text = typed.trim();
  if (of.type === "text") return null;
  if (of.type === "bool") return text === "true" || text === "false" ? null : "page.make.fault.choice";
  if (of.type === "choice") return of.options.includes(text) ? null : "page.make.fault.choice";
  if (of.type === "integer" && !/^[+-]?\d{1,18}$/.test(text)) return "page.make.fault.integer";
  if (of.type === "number" && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text)) return "page.make.fault.number";
  const value = Number(text);
  if (!Number.isFinite(value)) return "page.make.fault.number";
  return (of.min !== null && value < of.min) || (of.max !== null && value > of.max) ? "page.make.fault.range" : null;
}

/** What is chosen on the form; a parameter that is not there keeps its value, an input that is not there is taken as it is staged. */
export interface Chosen {
  values: Record<string, string>; inputs: Record<string, string>; members: "one" | "some" | "all"; some: string[];
  upstream: boolean; downstream: boolean; anew: boolean; stage: boolean; seed: string;
}

export const nothingChosen: Chosen = {
  values: {},
  inputs: {},
  members: "one",
  some: [],
  upstream: false,
  downstream: false,
  anew: false,
  stage: false,
  seed: "0",
};

/** Values that differ from what they would be without them. */
export function changed(parameters: Parameter[], values: Chosen["values"]): Record<string, string> {
  const is = (p: Parameter, text: string) =>
    text === p.value || (p.type !== "text" && p.type !== "choice" && p.type !== "bool" && text !== "" && Number(text) === Number(p.value));
  return Object.fromEntries(parameters.flatMap(p => {
    const typed = p.type === "text" ? values[p.name] : values[p.name]?.trim();
    return typed === undefined || is(p, typed) ? [] : [[p.name, typed] as [string, string]];
  }));
}

export function askedOf(asset: Pick<Asset, "parameters">, chosen: Chosen): MakingAsked {
  const set = changed(asset.parameters, chosen.values);
  const use = Object.entries(chosen.inputs).filter(([, number]) => number !== "").map(([name, number]) => `${name}@${number}`);
  return {
    ...(Object.keys(set).length > 0 && { set }), ...(use.length > 0 && { use }),
    ...(chosen.members === "all" && { family: true }), ...(chosen.members === "some" && chosen.some.length > 0 && { and: chosen.some }),
    ...(chosen.upstream && { upstream: true }), ...(chosen.downstream && { downstream: true }), ...(chosen.anew && { anew: true }),
    ...(chosen.stage && { stage: true }), ...(chosen.seed.trim() !== "0" && { seed: Number(chosen.seed) }),
  };
}

const quoted = (text: string) => (/^[A-Za-z0-9@:=._,/+-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The command that asks for the same; null where one command cannot. */
export function commandOf(asset: string, asked: MakingAsked): string | null {
  if (asked.family || asked.and) return null;
  return [
    `kumiki make ${asset}`, ...Object.entries(asked.set ?? {}).map(([name, value]) => `--set ${quoted(`${name}=${value}`)}`),
    ...(asked.use ?? []).map(v => `--use ${v}`), ...(["upstream", "downstream", "anew", "stage"] as const).filter(n => asked[n]).map(n => `--${n}`),
    ...(asked.seed === undefined ? [] : [`--seed ${asked.seed}`]),
  ].join(" ");
}

/** The versions of an input that are worth naming, newest first, beside the one that is taken anyway. */
export function versionsOf(input: Neighbour): { number: number; is: ("staging" | "production" | "newest")[] }[] {
  const named = (["staging", "production", "newest"] as const).flatMap(is => (input[is] === null ? [] : [{ number: input[is], is }]));
  return [...new Set(named.map(n => n.number))].sort((a, b) => b - a).map(number => ({ number, is: named.filter(n => n.number === number).map(n => n.is) }));
}
