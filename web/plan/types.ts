// The answer of /api/goals/{name}; docs/01-plan.md says what a goal states.
import type { Freshness, GoalReading, Said } from "../src/api";
import type { Costs } from "../src/threshold/money";

export type EthicsQuestion = "Harm" | "Fairness" | "Consent" | "Contest" | "Misuse" | "Need";
export const ethicsQuestions: EthicsQuestion[] = ["Harm", "Fairness", "Consent", "Contest", "Misuse", "Need"];

/** What an older version does not hold is not there. */
export interface Statement {
  problem?: string; measure?: string; target?: number | null; figure?: string | null; at?: number | null; unit?: string | null;
  better?: "Lower" | "Higher" | null;
  today?: number | null; framing?: { input: string; output: string; objective: string } | null; constraints?: string[]; resources?: string[];
  stakeholders?: string[]; owner?: string | null; reviewOn?: string | null; costs?: (Costs & { hurts: string[][] }) | null; personCost?: number | null;
  worth?: { period: string; decisions: number; value: number | null; running: number } | null; ethics?: Partial<Record<EthicsQuestion, string>>;
  intendedUse?: string | null; limits?: string | null;
}
export interface GoalPoint { at: string; goal: string; reading: GoalReading }
export interface GoalAnswer {
  asset: string; version: string | null; madeAt: string | null; inProduction: boolean; freshness: Freshness; stale: Said[]; statement: Statement;
  openEthics: EthicsQuestion[]; readings: GoalReading[]; time: GoalPoint[]; boards: string[];
}

/** Days until somebody looks again; below 0 where the day has passed. */
export function daysUntil(day: string, now: Date): number {
  const today = Date.UTC(now.getFullYear(), now.getMonth(), now.getDate());
  return Math.round((Date.parse(`${day}T00:00:00Z`) - today) / 86_400_000);
}
