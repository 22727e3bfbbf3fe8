/** A node to be placed; sizes in pixels. */
export interface Item { id: string; width: number; height: number }
export interface Link { from: string; to: string }
export interface Placed { id: string; x: number; y: number; width: number; height: number }
export interface Path<L extends Link> { link: L; d: string }
export interface Layout<L extends Link> { nodes: Placed[]; paths: Path<L>[]; width: number; height: number }
export type Direction = "right" | "down";

interface Cell { id: string; rank: number; along: number; across: number; node: boolean; before: Cell[]; after: Cell[]; at: number }

const rankGap = 64;
const cellGap = 20;
const linkThickness = 10;

/**
 * Draws a graph in ranks, inputs first (Sugiyama's way):
 * 1. links that would close a circle are left out of the ranking, 2. a node's rank is one after its last input's, a source's one before its first user,
 * 3. a link over several ranks gets a cell in each, 4. each rank is ordered by the middle of its neighbours, the best of some sweeps is kept,
 * 5. cells move towards their neighbours without overlapping, 6. links become curves through their cells.
 */
export function layout<L extends Link>(items: Item[], links: L[], direction: Direction): Layout<L> {
  if (items.length === 0) return { nodes: [], paths: [], width: 0, height: 0 };
  const turn = direction === "down";
  const cells = new Map(
    items.map(i => [
      i.id,
      { id: i.id, rank: 0, along: turn ? i.height : i.width, across: turn ? i.width : i.height, node: true, before: [], after: [], at: 0 } as Cell,
    ]),
  );
  const known = links.filter(l => cells.has(l.from) && cells.has(l.to) && l.from !== l.to);
  rank(items, withoutCircles(items, known), cells);

  const ways = known.map(link => {
    const [from, to] = [cells.get(link.from)!, cells.get(link.to)!];
    const [low, high] = from.rank <= to.rank ? [from, to] : [to, from];
    const way = [low];
    for (let r = low.rank + 1; r < high.rank; r++) {
      const cell: Cell = { id: `${link.from}→${link.to}:${r}`, rank: r, along: 0, across: linkThickness, node: false, before: [], after: [], at: 0 };
      cells.set(cell.id, cell);
      way.push(cell);
    }
    if (high !== low) way.push(high);
    for (let i = 1; i < way.length; i++) {
      way[i - 1]!.after.push(way[i]!);
      way[i]!.before.push(way[i - 1]!);
    }
    return { link, way: low === from ? way : way.reverse() };
  });

  const ranks: Cell[][] = [];
  for (const cell of cells.values()) (ranks[cell.rank] ??= []).push(cell);
  order(ranks);
  place(ranks);

  const starts: number[] = [];
  let along = 0;
  for (const cellsOfRank of ranks) {
    starts.push(along);
    const longest = Math.max(...cellsOfRank.map(c => c.along));
    for (const cell of cellsOfRank) if (!cell.node) cell.along = longest; // a link passes a rank straight, beside its nodes
    along += longest + rankGap;
  }
  const least = Math.min(...ranks.flat().map(c => c.at - c.across / 2));
  const most = Math.max(...ranks.flat().map(c => c.at + c.across / 2));
  const point = (a: number, b: number) => (turn ? `${round(b - least)} ${round(a)}` : `${round(a)} ${round(b - least)}`);

  const nodes = items.map(item => {
    const cell = cells.get(item.id)!;
    const [a, b] = [starts[cell.rank]!, cell.at - cell.across / 2 - least];
    return { ...item, x: round(turn ? b : a), y: round(turn ? a : b) };
  });
  const paths = ways.map(({ link, way }) => {
    const forward = way.length < 2 || way[0]!.rank <= way[way.length - 1]!.rank;
    const ends = way.map((cell, i) => {
      const start = starts[cell.rank]!;
      const end = start + cell.along;
      return { enter: i === 0 ? (forward ? end : start) : forward ? start : end, leave: forward ? end : start, at: cell.at };
    });
    let d = `M ${point(ends[0]!.leave, ends[0]!.at)}`;
    for (let i = 1; i < ends.length; i++) {
      const [a, b] = [ends[i - 1]!, ends[i]!];
      const middle = (a.leave + b.enter) / 2;
      d += ` C ${point(middle, a.at)}, ${point(middle, b.at)}, ${point(b.enter, b.at)}`;
      if (b.leave !== b.enter && i < ends.length - 1) d += ` L ${point(b.leave, b.at)}`;
    }
    return { link, d };
  });
  return { nodes, paths, width: round(turn ? most - least : along - rankGap), height: round(turn ? along - rankGap : most - least) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function byStart<L extends Link>(links: L[]): Map<string, L[]> {
  const all = new Map<string, L[]>();
  for (const link of links) all.set(link.from, [...(all.get(link.from) ?? []), link]);
  return all;
}

function withoutCircles<L extends Link>(items: Item[], links: L[]): L[] {
  const outgoing = byStart(links);
  const state = new Map<string, "open" | "done">();
  const kept: L[] = [];
  for (const item of items) {
    if (state.has(item.id)) continue;
    const stack = [{ id: item.id, next: 0 }];
    state.set(item.id, "open");
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const link = outgoing.get(top.id)?.[top.next++];
      if (!link) {
        state.set(top.id, "done");
        stack.pop();
      } else if (state.get(link.to) !== "open") {
        kept.push(link);
        if (!state.has(link.to)) {
          state.set(link.to, "open");
          stack.push({ id: link.to, next: 0 });
        }
      }
    }
  }
  return kept;
}

function rank(items: Item[], links: Link[], cells: Map<string, Cell>): void {
  const outgoing = byStart(links);
  const waiting = new Map(items.map(i => [i.id, 0]));
  for (const link of links) waiting.set(link.to, waiting.get(link.to)! + 1);
  const inputs = new Set(links.map(l => l.to));
  const ready = items.filter(i => waiting.get(i.id) === 0).map(i => i.id);
  for (const id of ready) {
    for (const { to } of outgoing.get(id) ?? []) {
      const cell = cells.get(to)!;
      cell.rank = Math.max(cell.rank, cells.get(id)!.rank + 1);
      waiting.set(to, waiting.get(to)! - 1);
      if (waiting.get(to) === 0) ready.push(to);
    }
  }
  for (const { id } of items) {
    const users = outgoing.get(id);
    if (users && !inputs.has(id)) cells.get(id)!.rank = Math.min(...users.map(l => cells.get(l.to)!.rank)) - 1;
  }
}

function order(ranks: Cell[][]): void {
  const number = () => ranks.forEach(r => r.forEach((c, i) => (c.at = i)));
  const middle = (neighbours: Cell[], otherwise: number) =>
    neighbours.length === 0 ? otherwise : neighbours.reduce((s, n) => s + n.at, 0) / neighbours.length;
  number();
  let best = ranks.map(r => [...r]);
  let fewest = crossings(ranks);
  for (let sweep = 0; sweep < 12 && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    for (const cells of down ? ranks : [...ranks].reverse()) {
      const wish = new Map(cells.map(c => [c, middle(down ? c.before : c.after, c.at)]));
      cells.sort((a, b) => wish.get(a)! - wish.get(b)! || a.at - b.at);
      cells.forEach((c, i) => (c.at = i));
    }
    const now = crossings(ranks);
    if (now < fewest) [fewest, best] = [now, ranks.map(r => [...r])];
  }
  best.forEach((cells, i) => (ranks[i] = cells));
  number();
}

/** How many pairs of links cross, each rank's cells standing in their order. */
export function crossings(ranks: { before: { at: number }[]; at: number }[][]): number {
  let count = 0;
  for (const cells of ranks) {
    const ends = cells.flatMap(c => c.before.map(b => [b.at, c.at] as const));
    for (let i = 0; i < ends.length; i++)
      for (let j = 0; j < i; j++) if ((ends[i]![0] - ends[j]![0]) * (ends[i]![1] - ends[j]![1]) < 0) count++;
  }
  return count;
}

function place(ranks: Cell[][]): void {
  for (const cells of ranks) {
    let at = 0;
    for (const cell of cells) {
      cell.at = at + cell.across / 2;
      at += cell.across + cellGap;
    }
  }
  const passes = ranks.flat().length > 400 ? 4 : 16;
  for (let pass = 0; pass < passes; pass++) {
    for (const cells of pass % 2 === 0 ? ranks : [...ranks].reverse()) {
      const wishes = cells.map(c => {
        const near = pass < passes - 2 ? (pass % 2 === 0 ? c.before : c.after) : [...c.before, ...c.after];
        return near.length === 0 ? c.at : near.reduce((s, n) => s + n.at, 0) / near.length;
      });
      spread(wishes, cells.map(c => c.across + cellGap)).forEach((at, i) => (cells[i]!.at = at));
    }
  }
}

/**
 * Places as near as possible to the wishes (least squares), in their order and without overlap.
 * @param sizes of each with its gap; neighbours stand at least half of both apart.
 */
export function spread(wishes: number[], sizes: number[]): number[] {
  // Taking the room before each away makes it an isotonic regression, which pooling of adjacent violators solves exactly.
  const room: number[] = [];
  for (let i = 0; i < sizes.length; i++) room.push(i === 0 ? 0 : room[i - 1]! + (sizes[i - 1]! + sizes[i]!) / 2);
  const pools: { sum: number; count: number }[] = [];
  wishes.forEach((wish, i) => {
    pools.push({ sum: wish - room[i]!, count: 1 });
    while (pools.length > 1) {
      const [a, b] = [pools[pools.length - 2]!, pools[pools.length - 1]!];
      if (a.sum / a.count <= b.sum / b.count) break;
      pools.splice(-2, 2, { sum: a.sum + b.sum, count: a.count + b.count });
    }
  });
  return pools.flatMap(p => Array.from({ length: p.count }, () => p.sum / p.count)).map((at, i) => at + room[i]!);
}
