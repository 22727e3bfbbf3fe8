import { useLanguage } from "../texts";

/** A day as people read it, with its ISO week where it is a Monday's: "2025-03-31 (W14)". */
export function useDays(): (iso: string) => string {
  const language = useLanguage();
  return iso => {
    const day = new Date(`${iso}T00:00:00Z`);
    return day.getUTCDay() === 1 ? `${iso} (${language === "ja" ? `第${weekOf(day)}週` : `W${String(weekOf(day)).padStart(2, "0")}`})` : iso;
  };
}

/** The week of the ISO year: that of its Thursday. */
export function weekOf(day: Date): number {
  const thursday = new Date(day);
  thursday.setUTCDate(day.getUTCDate() + 3 - ((day.getUTCDay() + 6) % 7));
  return 1 + Math.floor((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / 604_800_000);
}

const day = 86_400_000;

/** Days to write under an axis, counted from 1970: Mondays of a short stretch, else firsts of months, at most seven. */
export function dayTicks(low: number, high: number): number[] {
  if (high - low < 60) {
    const step = 7 * Math.max(1, Math.ceil((high - low) / 7 / 6));
    const monday = Math.ceil((low + 3) / 7) * 7 - 3; // 1970-01-01 was a Thursday
    return Array.from({ length: Math.max(0, Math.floor((high - monday) / step) + 1) }, (_, i) => monday + i * step);
  }
  const [first, last] = [new Date(low * day), new Date(high * day)];
  const months = (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth();
  const step = [1, 2, 3, 6, 12, 24, 60, 120].find(s => months / s <= 6) ?? 240;
  const found: number[] = [];
  for (let m = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / step) * step; ; m += step) {
    const at = Date.UTC(Math.floor(m / 12), m % 12, 1) / day;
    if (at > high) return found;
    if (at >= low) found.push(at);
  }
}

/** A day under an axis; the first of a month by its month. */
export function monthText(at: number): string {
  const iso = new Date(Math.round(at) * day).toISOString();
  return iso.slice(8, 10) === "01" ? iso.slice(0, 7) : iso.slice(0, 10);
}
