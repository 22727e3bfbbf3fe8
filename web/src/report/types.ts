import type { Said } from "../api";

// docs/formats/test-report.md; what is not defined is null or left out.

export interface Answer<T> { version: string; kind: "test" | "analysis"; pages: string[]; report: T }

export interface Measured { name: string; value: number | null; low: number | null; high: number | null; better?: "lower" | "higher" }
export interface Contestant { name: string; kind: string; figures: Measured[]; differences: Measured[] }
export interface Curve { x: string; y: string; xs: (number | null)[]; ys: (number | null)[] }
export interface Errors { counts: number[]; worst: { row: number; truth: number; predicted?: number | null; loss: number }[] }
export interface Slice {
  name: string; rows: number; tooSmall: boolean; loss?: number; low?: number; high?: number; rest?: number; effect?: number; pAdjusted?: number;
  truthMean?: number; predictedMean?: number; costPerDecision?: number;
  errors?: Errors;
}
export interface TestReport {
  report: string;
  model: string;
  threshold?: string;
  goal?: string;
  data: string;
  task: string;
  target: string;
  positive?: string;
  classes: string[];
  sampling: { resamples: number; drawnRows: number; sliceRows: number; shapRows: number; permutationRows: number; permutationRepeats: number };
  verdict: { go: boolean; checks: { name: string; held: boolean; says: Said }[] };
  goalCheck?: {
    problem: string;
    measure: string;
    unit?: string;
    figure: Measured;
    target: number;
    today?: number;
    period?: string;
    decisions?: number;
    perPeriod?: Measured;
    value?: number;
  };
  input: {
    parts: { name: string; rows: number; targetMean?: number }[];
    split: Record<string, string>;
    columns: {
      name: string;
      kind: string;
      missing: Record<string, number>;
      unseen?: number;
      trainMin?: number;
      trainMax?: number;
      testMin?: number;
      testMax?: number;
      outside?: number;
    }[];
    leaks: { name: string; held?: boolean | null; says: Said }[];
  };
  process: {
    algorithm: string;
    parameters: Record<string, string>;
    curves: { name: string; steps: number[]; values: (number | null)[] }[];
    folds: { figure: string; mean: number; low: number; high: number; values: number[] }[];
    cost: { wallSeconds: number; cpuSeconds: number; peakMegabytes: number };
  };
  output: {
    contestants: Contestant[];
    noExisting?: string;
    zeroTruths?: number;
    confusion?: { threshold?: number; truths: string[]; decisions: string[]; cells: number[][] };
    roc?: Curve;
    precisionRecall?: Curve;
    costCurve?: Curve;
    calibration?: {
      ece: number;
      mce: number;
      slope?: number;
      intercept?: number;
      bins: { weight: number; predicted: number; observed: number; low: number; high: number }[];
    };
    residuals?: { bins: { predicted: number; rows: number; low: number; middle: number; high: number }[]; edges: number[]; counts: number[] };
    byClass: { name: string; rows: number; precision: number; recall: number; f1: number }[];
    byTime: { from: string; rows: number; loss: number; low: number; high: number; truthMean: number; predictedMean: number }[];
  };
  slices: { loss: string; smallest: number; declared: Slice[]; tried: number; found: Slice[]; lossEdges?: number[]; all?: Errors };
  importance: {
    shap: { column: string; mean: number; share: number }[];
    part: string;
    loss: string;
    permutation: { column: string; harm: number; low: number; high: number }[];
    unused: string[];
    unstable: string[];
  };
}
export interface Rows { data: string; columns: string[]; rows: { row: number; values: (string | null)[] }[] }
