// The answers of /api/boards; docs/11-monitor.md.

export interface Versions { actual: string | null; forecasts: string | null; accuracy: string | null }
export interface BoardList { hasProject: boolean; boards: { name: string; keys: string[]; value: string; unit: string; versions: Versions }[] }
export interface Board {
  name: string;
  keys: string[];
  value: string;
  unit: string;
  versions: Versions;
  assets: Versions;
  newest: boolean;
  span: {
    from: string | null;
    to: string | null;
    rows: number;
    aheads: number[];
    firstWeek: string | null;
    lastWeek: string | null;
    hasInterval: boolean;
    hasBaseline: boolean;
  };
  goal: { asset: string; problem: string; measure: string; unit: string; target: number | null } | null;
}
export interface KeyList { key: string; values: { value: string; rows: number }[]; more: boolean }
export interface Actuals {
  version: string | null; grain: string; by: string | null; points: { from: string; name: string | null; value: number; whole: boolean }[];
}
export interface Forecasts {
  versions: Versions; weeks: { week: string; prediction: number; lower: number | null; upper: number | null; actual: number | null; series: number }[];
}
export interface ErrorRow {
  names: string[]; rows: number; actual: number; prediction: number; lower: number | null; upper: number | null; error: number; mae: number; rmse: number;
  wape: number | null; inside: number | null; baseline: number | null;
  ahead: number | null; knownUntil: string | null;
}
export interface Errors { versions: Versions; group: string; names: string[]; total: number; offset: number; rows: ErrorRow[] }
export interface Changes {
  versions: Versions;
  keys: string[];
  offset: number;
  changes: {
    now: string | null;
    before: string | null;
    beforeVersion: string | null;
    total: number;
    beforeSum: number;
    nowSum: number;
    rows: { names: string[]; week: string; before: number; now: number; change: number; share: number | null }[];
  };
}
export interface Goal {
  asset: string; measure: string; figure: string; unit: string; target: number | null; today: number | null; lowerIsBetter: boolean; held: number;
  weeks: { week: string; value: number; baseline: number | null; rows: number }[];
}
