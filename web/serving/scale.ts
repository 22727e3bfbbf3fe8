import type { AtThreshold } from "./types";

/** A stretch of scores that gets one answer. */
export interface Zone {
  answer: string;
  from: number;
  to: number;
  is: "low" | "people" | "high";
}

/** From where to where scores are drawn: probabilities from 0 to 1, others as far as the bounds and the score reach, with room around them. */
export function domainOf(rule: AtThreshold, score: number | null): [number, number] {
  const values = [rule.greyFrom, rule.value, ...(score === null ? [] : [score])];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (low >= 0 && high <= 1) return [0, 1];
  const room = high > low ? (high - low) * 0.4 : Math.abs(high) || 1;
  return [low - room, high + room];
}

/** What is answered where, from the lowest scores to the highest. */
export function zonesOf(rule: AtThreshold, [low, high]: [number, number]): Zone[] {
  const grey = rule.greyFrom < rule.value;
  return [
    { answer: rule.below, from: low, to: rule.greyFrom, is: "low" },
    ...(grey ? [{ answer: rule.greyZone, from: rule.greyFrom, to: rule.value, is: "people" as const }] : []),
    { answer: rule.above, from: rule.value, to: high, is: "high" },
  ];
}

/** The zone a score falls into. */
export function zoneAt(rule: AtThreshold, score: number): Zone["is"] {
  return score >= rule.value ? "high" : score >= rule.greyFrom ? "people" : "low";
}
