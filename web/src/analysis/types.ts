import type { Said } from "../api";

// docs/formats/analysis-report.md

export interface Periods { unit: string; from: string[]; rows: number[] }
export interface Histogram { edges: number[]; counts: number[] }
export interface Column {
  name: string;
  type: string;
  kind: "number" | "truth" | "category" | "text" | "date";
  hidden: boolean;
  missing: number;
  missingShare: number;
  distinct: { count: number; exact: boolean; error?: number };
  number?: {
    min: number;
    max: number;
    mean: number;
    std?: number;
    quantiles: { p1: number; p5: number; p25: number; p50: number; p75: number; p95: number; p99: number; exact: boolean };
    zeros: number;
    negatives: number;
    infinite: number;
    notANumber: number;
    histogram: Histogram;
    logHistogram?: Histogram;
  };
  text?: { minLength: number; meanLength: number; maxLength: number; empty: number };
  date?: {
    min: string;
    max: string;
    days: number;
    usual: number;
    gaps: { after: string; before: string; days: number }[];
    gapCount: number;
    histogram: Periods;
  };
  top?: { value: string; rows: number; share: number }[];
}
export interface Pair { a: string; b: string; measure: "pearson" | "cramersV" | "correlationRatio"; value: number; spearman?: number; rows: number }
export interface Analysis {
  dataset: string;
  rows: number;
  exact: boolean;
  sampleRows: number;
  duplicateRows: number;
  columns: Column[];
  copies: string[][];
  relations: { columns: string[]; leftOut: string[]; rows: number; exact: boolean; pairs: Pair[] };
  target?: {
    column: string;
    missing: number;
    task: string;
    positive?: string;
    columns: { column: string; measure: string; value: number }[];
    profiles: {
      column: string;
      measure: string;
      points: { label?: string; from?: number; to?: number; rows: number; value: number; low: number; high: number }[];
    }[];
    leaks: { column: string; reason: string; value?: number }[];
  };
  coverage?: { column: string; day?: Periods; week?: Periods; month?: Periods };
  expectations: { name: string; held: boolean; says: Said }[];
  findings: { weight: number; column?: string; says: Said }[];
}
