import type { Counts, LatencyBin } from "./types";

/** A quantile of what was counted in bins. */
export interface Quantile {
  ms: number;
  /** Where it lies among the bins: 2.5 is the middle of the third. */
  at: number;
  /** Whether it lies above all bounds, so that `ms` is only what it surely exceeds. */
  over: boolean;
}

/**
 * The value below which a share of the requests were answered; within a bin they are taken as spread evenly, as Prometheus' histogram_quantile does.
 * @param share in (0, 1); @returns null where nothing was counted
 */
export function quantile(bins: LatencyBin[], share: number): Quantile | null {
  const all = bins.reduce((sum, b) => sum + b.count, 0);
  if (all === 0) return null;
  let before = 0;
  for (const [i, bin] of bins.entries()) {
    if (bin.count === 0 || before + bin.count < share * all) {
      before += bin.count;
      continue;
    }
    const low = i === 0 ? 0 : bins[i - 1]!.upToMs!;
    if (bin.upToMs === null) return { ms: low, at: i, over: true };
    const within = (share * all - before) / bin.count;
    return { ms: low + (bin.upToMs - low) * within, at: i + within, over: false };
  }
  return null;
}

/** The bins worth drawing: those that hold something and one on either side. */
export function drawn(bins: LatencyBin[]): [from: number, to: number] {
  const some = bins.flatMap((b, i) => (b.count > 0 ? [i] : []));
  return some.length === 0 ? [0, bins.length] : [Math.max(0, some[0]! - 1), Math.min(bins.length, some.at(-1)! + 2)];
}

/** Requests as they were counted at a time, in milliseconds. */
export interface Look {
  at: number;
  requests: number;
  failed: number;
}

const lookOf = (counts: Counts, at: number): Look => ({ at, requests: counts.requests, failed: Object.values(counts.faults).reduce((a, b) => a + b, 0) });

/** One look more; a server that began again counts from 0, and so do we. */
export function looked(before: Look[], counts: Counts, at: number, most = 150): Look[] {
  const look = lookOf(counts, at);
  const last = before.at(-1);
  if (last !== undefined && (look.requests < last.requests || look.failed < last.failed)) return [look];
  return [...before.slice(1 - most), look];
}

/** Requests each second between two looks, at the later one's time. */
export function rates(looks: Look[]): { at: number; answered: number; failed: number }[] {
  return looks.slice(1).map((l, i) => {
    const [before, seconds] = [looks[i]!, Math.max(1e-3, (l.at - looks[i]!.at) / 1000)];
    return { at: l.at, answered: (l.requests - before.requests) / seconds, failed: (l.failed - before.failed) / seconds };
  });
}
