/** A rectangle in the drawing's own pixels. */
export interface Area { left: number; top: number; right: number; bottom: number }

export function meets(a: Area, b: Area): boolean {
  return a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;
}

export function holds(outer: Area, inner: Area): boolean {
  return outer.left <= inner.left && outer.top <= inner.top && outer.right >= inner.right && outer.bottom >= inner.bottom;
}

/** With a share of its size around it, on every side. */
export function grown({ left, top, right, bottom }: Area, share: number): Area {
  const [x, y] = [(right - left) * share, (bottom - top) * share];
  return { left: left - x, top: top - y, right: right + x, bottom: bottom + y };
}

const around = 0.6;

/**
 * What is drawn while a view is looked at: the area that was drawn before while it holds the view and is not much too large, so that most steps of a scroll
 * draw nothing anew; else the view with some room around it.
 */
export function drawnFor(view: Area, before: Area | null): Area {
  const next = grown(view, around);
  return before && holds(before, view) && before.right - before.left <= 1.5 * (next.right - next.left) ? before : next;
}

/** The corners of a path of absolute commands: M, L and C. Its curves lie within those of their points. */
export function boxOf(d: string): Area {
  const numbers = d.match(/-?\d+(\.\d+)?/g)!.map(Number);
  const area = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const [x, y] = [numbers[i]!, numbers[i + 1]!];
    area.left = Math.min(area.left, x);
    area.right = Math.max(area.right, x);
    area.top = Math.min(area.top, y);
    area.bottom = Math.max(area.bottom, y);
  }
  return area;
}

/** A head at the end of such a path, pointing where its last curve ends: along one of the axes. */
export function headOf(d: string): string {
  const [fromX = 0, fromY = 0, x = 0, y = 0] = d.match(/-?\d+(\.\d+)?/g)!.slice(-4).map(Number);
  const [alongX, alongY] = Math.abs(x - fromX) >= Math.abs(y - fromY) ? [Math.sign(x - fromX) || 1, 0] : [0, Math.sign(y - fromY)];
  const [backX, backY] = [x - 7.5 * alongX, y - 7.5 * alongY];
  return `M${x} ${y}L${backX + 3.5 * alongY} ${backY + 3.5 * alongX}L${backX - 3.5 * alongY} ${backY - 3.5 * alongX}z`;
}
