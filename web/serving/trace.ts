import type { LoggedLine, PartRule, PartSaid, Rule, Strictest } from "./types";

/** Where a prediction's time went; what is neither waiting nor the model is reading, the adapter and the decision. A device tells the whole alone. */
export function stepsOf(p: Pick<LoggedLine, "latencyUs" | "queueUs" | "runUs" | "device">): { is: "queue" | "run" | "rest" | "whole"; us: number }[] {
  if (p.device !== null) return [{ is: "whole", us: p.latencyUs }];
  return [
    { is: "queue", us: p.queueUs },
    { is: "run", us: p.runUs },
    { is: "rest", us: Math.max(0, p.latencyUs - p.queueUs - p.runUs) },
    { is: "whole", us: p.latencyUs },
  ];
}

/** The versions that a text of the log names, such as "default-model@1, scorecard@2". */
export function versionsOf(text: string | null): string[] {
  return text?.match(/[^\s,;@]+@\d+/g) ?? [];
}

/** A rule as an endpoint's file has it, which leaves out what is 0. */
export function ruleOf(rule: Partial<Rule> & { kind: Rule["kind"] }): Rule {
  switch (rule.kind) {
    case "threshold":
      return { value: 0, greyFrom: 0, above: "", greyZone: "", below: "", ...rule } as Rule;
    case "top":
      return { count: 1, atLeast: 0, otherwise: "", ...rule } as Rule;
    case "strictest":
    case "each":
      return { ...rule, parts: (rule as Strictest).parts.map(p => ({ ...p, rule: ruleOf(p.rule) as PartRule })) } as Rule;
    default:
      return rule as Rule;
  }
}

/** What the log knows of each of several models: its score, or its classes by theirs. */
export function partsOf(rule: Rule, scores: Record<string, string | null>): PartSaid[] | undefined {
  if (rule.kind !== "strictest" && rule.kind !== "each") return undefined;
  return rule.parts.map(p => {
    const [score, before] = [scores[`score_${p.model}`], `score_${p.model}_`];
    const classes = p.rule.kind === "top" ? Object.entries(scores).filter(([name, value]) => name.startsWith(before) && value !== null) : [];
    const top = classes.map(([name, value]) => ({ class: name.slice(before.length), probability: Number(value) })).sort((a, b) => b.probability - a.probability);
    return {
      model: p.model,
      ...(typeof score === "string" && { score: Number(score) }),
      ...(p.rule.kind === "top" && top.length > 0 && { top: top.slice(0, p.rule.count) }),
    };
  });
}
