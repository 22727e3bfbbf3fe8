/** The interval as a bar with the target as a line; the figures beside it say the same in words. */
export function Bullet({ low, value, high, target, met }: { low: number; value: number; high: number; target: number; met: boolean | null }) {
  const [from, until] = [Math.min(low, target), Math.max(high, target)];
  const room = (until - from) * 0.12 || 1;
  const x = (at: number) => ((at - from + room) / (until - from + 2 * room)) * 300;
  return (
    <svg class={`bullet ${met === false ? "missed" : "met"}`} viewBox="0 0 300 18" aria-hidden="true" preserveAspectRatio="none">
      <path class="rail" d="M0 9H300" /><path class="span" d={`M${x(low)} 9H${Math.max(x(high), x(low) + 1)}`} />
      <path class="point" d={`M${x(value)} 3V15`} /><path class="target" d={`M${x(target)} 0V18`} />
    </svg>
  );
}
