import type { Series } from "../src/api";

export interface ChartOf { title: string; series: Series[] }

/** Series of one measure are one chart, for they have one unit: mae.train and mae.validation. A series of a single value is no line, see {@link figuresOf}. */
export function chartsOf(series: Series[]): ChartOf[] {
  const charts = new Map<string, Series[]>();
  for (const one of series.filter(s => s.count > 1)) {
    const title = one.name.split(".")[0]!;
    charts.set(title, [...(charts.get(title) ?? []), one]);
  }
  return [...charts].map(([title, of]) => ({ title, series: of }));
}

/** The series of a single value: nothing to draw, one figure to read. */
export const figuresOf = (series: Series[]): Series[] => series.filter(s => s.count === 1);

/** Round numbers that cover a stretch, about as many as asked for: 1, 2 or 5 times a power of ten apart. */
export function ticks(low: number, high: number, about: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(m => m * power).find(s => s >= rough * 0.999)!;
  const first = Math.ceil(low / step - 1e-9);
  const all: number[] = [];
  for (let i = first; i * step <= high + step * 1e-9; i++) all.push(Number((i * step).toPrecision(12)));
  return all;
}

/** Round numbers of a logarithmic stretch, given by its exponents: powers of ten, with 2 and 5 between them where they are few. */
export function logTicks(low: number, high: number): number[] {
  const between = high - low < 2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil((high - low) / 6));
  const all: number[] = [];
  for (let power = Math.floor(low / every) * every; power <= high; power += every)
    for (const m of between) if (Math.log10(m) + power >= low - 1e-9 && Math.log10(m) + power <= high + 1e-9) all.push(Number(`${m}e${power}`));
  return all;
}

/** Points that can be drawn. */
export function finite(series: Series): { step: number; value: number }[] {
  return series.points.flatMap(p => (typeof p.value === "number" && Number.isFinite(p.value) ? [{ step: p.step, value: p.value }] : []));
}

/** The lowest and highest of some numbers; a single value gets room around it. */
export function extent(values: number[]): [number, number] {
  const [low, high] = [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
  if (!(high >= low)) return [0, 1];
  return high > low ? [low, high] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
}
