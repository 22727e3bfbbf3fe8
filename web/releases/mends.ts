/** The gate that a command passes over, as a release names it: --waive VERSION:CHECK=REASON; null where it passes over none. */
export function waiverOf(command: string): { version: string; check: string } | null {
  // A command may repeat waivers given before; the one without a reason yet is the mend.
  const found = /--waive '?([a-z0-9.-]+@\d+):([^=\s']+)=REASON'?/.exec(command);
  return found ? { version: found[1]!, check: found[2]! } : null;
}

/** The asset that a command makes; null where it makes none. */
export function makeOf(command: string): string | null {
  return /^kumiki make ([a-z0-9.-]+)/.exec(command)?.[1] ?? null;
}
