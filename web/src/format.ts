import type { Figure } from "./api";
import type { Language } from "./texts";

/** A number as a person reads it: six significant digits, groups of thousands; very large or small ones as powers of ten. */
export function figure(value: Figure, language: Language): string {
  if (typeof value !== "number") return value.replace("Infinity", "∞");
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(3).replace("e+", "e");
  return new Intl.NumberFormat(language, { maximumSignificantDigits: size >= 1e5 ? 9 : 6 }).format(value);
}

export function bytes(value: number, language: Language): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  let at = 0;
  for (; value >= 999.5 && at < units.length - 1; at++) value /= 1000;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[at],
    unitDisplay: at === 0 ? "long" : "short",
    maximumFractionDigits: at === 0 || value >= 99.95 ? 0 : 1,
  }).format(value);
}

/** The two largest units that matter: 380 ms, 37.4 s, 5 min 12 s, 3 h 4 min, 2 days 5 h. */
export function duration(seconds: number, language: Language): string {
  const one = (value: number, unit: string, digits = 0) =>
    new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits }).format(value);
  if (seconds < 0.9995) return one(Math.round(seconds * 1000), "millisecond");
  if (seconds < 59.95) return one(seconds, "second", seconds < 9.995 ? 2 : 1);
  const pairs: [string, number][] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const whole = Math.round(seconds);
  const first = pairs.findIndex(([, size]) => whole >= size);
  const [unit, size] = pairs[first]!;
  const rest = pairs[first + 1];
  const more = rest ? Math.floor((whole % size) / rest[1]) : 0;
  return one(Math.floor(whole / size), unit) + (rest && more > 0 ? ` ${one(more, rest[0])}` : "");
}

export function localTime(iso: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}

/** Hours, minutes and seconds, for lines of a log. */
export function clockTime(iso: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }).format(new Date(iso));
}

export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}

/** Values of one parameter's range: "1 … 500", "≥ 1". */
export function range(min: number | null, max: number | null, language: Language): string {
  if (min !== null && max !== null) return `${figure(min, language)} … ${figure(max, language)}`;
  return min !== null ? `≥ ${figure(min, language)}` : max !== null ? `≤ ${figure(max, language)}` : "";
}
