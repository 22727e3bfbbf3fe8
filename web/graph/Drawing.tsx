import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Edge } from "../src/api";
import { useLanguage, useSay } from "../src/texts";
import { layout, type Item, type Link } from "./layout";
import { boxOf, drawnFor, headOf, meets, type Area } from "./seen";

const narrow = "(max-width: 40rem)";

export function useNarrow(): boolean {
  const [is, set] = useState(() => matchMedia(narrow).matches);
  useEffect(() => {
    const media = matchMedia(narrow);
    const changed = () => set(media.matches);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  return is;
}

/** The part of a large drawing that is drawn, in its own pixels; null before it was looked at, and of a small one. */
function useSeen(box: RefObject<HTMLDivElement | null>, sheet: RefObject<HTMLDivElement | null>, zoom: number, drawn: unknown, many: boolean): Area | null {
  const [area, set] = useState<Area | null>(null);
  const now = useRef<Area | null>(null);
  const of = useRef<unknown>(null);
  useLayoutEffect(() => {
    if (!many) return;
    const here = box.current!;
    let asked = 0;
    const look = () => {
      asked = 0;
      const [frame, ground] = [here.getBoundingClientRect(), sheet.current!.getBoundingClientRect()];
      const [left, top] = [(frame.left - ground.left) / zoom, (frame.top - ground.top) / zoom];
      const next = drawnFor({ left, top, right: left + frame.width / zoom, bottom: top + frame.height / zoom }, now.current);
      if (next !== now.current) set(now.current = next);
    };
    const scrolled = () => { asked ||= requestAnimationFrame(look); };
    if (of.current !== drawn) [of.current, now.current] = [drawn, null]; // another drawing: nothing of it was drawn before
    look();
    here.addEventListener("scroll", scrolled, { passive: true });
    const sized = new ResizeObserver(scrolled);
    sized.observe(here);
    return () => {
      here.removeEventListener("scroll", scrolled);
      sized.disconnect();
      cancelAnimationFrame(asked);
    };
  }, [zoom, drawn, many]);
  return many ? area : null;
}

/** @param through Whether it leads over nodes that are not drawn. */
export interface DrawnLink extends Link { edge: Edge; through?: boolean }

const [smallest, largest] = [0.02, 2];
/** More nodes than these, and only those that are seen are drawn. */
const manyNodes = 200;
/** Below this, words cannot be read: of many nodes only the boxes are drawn. */
const readable = 0.4;

/**
 * A graph in ranks, inputs first: links as SVG, nodes as what the caller draws, in reading order for keyboards and screen readers.
 * It is scrolled like any box, dragged by its ground, and zoomed by its buttons, by + − 0, or by the wheel with Ctrl. Of a large graph only what is in view
 * is drawn, and the neighbours in reading order of the node that has the focus, so that Tab reaches every one.
 */
export function Drawing({ ids, links, label, lit, node, brief, size, focus, of }: {
  ids: string[];
  links: DrawnLink[];
  label: string;
  /** The node whose links stand out while none is pointed at. */
  lit?: string | null;
  node: (id: string) => ComponentChildren;
  /** A node too small to be read. */
  brief?: (id: string) => ComponentChildren;
  size: (id: string) => { width: number; height: number };
  /** The node that is in view at first. */
  focus?: string;
  /** What the nodes show; they are drawn again when it is another object. */
  of: unknown;
}) {
  const say = useSay();
  const language = useLanguage();
  const down = useNarrow();
  const box = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const [zoom, setZoom] = useState(1);
  const [pointed, point] = useState<string | null>(null);
  const [held, hold] = useState(-1);
  const shape = useMemo(() => JSON.stringify([ids.map(id => [id, size(id)]), links]), [ids, links, down]);
  const drawn = useMemo(() => layout<DrawnLink>(ids.map(id => ({ id, ...size(id) }) as Item), links, down ? "down" : "right"), [shape, down]);
  const paths = useMemo(() => drawn.paths.map(p => ({ ...p, box: boxOf(p.d), head: headOf(p.d) })), [drawn]);
  // What was under the middle of the box, or under the pointer, stays there.
  const anchor = useRef<{ left: number; top: number; x: number; y: number } | null>(null);
  const zoomTo = (next: number, x = (box.current?.clientWidth ?? 0) / 2, y = (box.current?.clientHeight ?? 0) / 2) => {
    const to = Math.min(largest, Math.max(smallest, next));
    if (!box.current || to === zoom) return;
    anchor.current = { left: (box.current.scrollLeft + x) / zoom, top: (box.current.scrollTop + y) / zoom, x, y };
    setZoom(to);
  };
  useLayoutEffect(() => {
    if (!anchor.current || !box.current) return;
    const { left, top, x, y } = anchor.current;
    box.current.scrollLeft = left * zoom - x;
    box.current.scrollTop = top * zoom - y;
  }, [zoom]);

  const many = drawn.nodes.length > manyNodes;
  const small = many && zoom < readable && brief !== undefined;
  const seen = useSeen(box, sheet, zoom, drawn, many);
  const nodes = useMemo(() => drawn.nodes.map((n, i) => {
    const away = many && (seen === null || !meets(seen, { left: n.x, top: n.y, right: n.x + n.width, bottom: n.y + n.height }));
    if (away && (held < 0 || Math.abs(i - held) > 1)) return null;
    const at = { left: `${n.x}px`, top: `${n.y}px`, width: `${n.width}px`, height: `${n.height}px` };
    return (
      <li key={n.id} data-place={i} aria-setsize={many ? drawn.nodes.length : undefined} aria-posinset={many ? i + 1 : undefined} style={at}>
        {(small ? brief : node)(n.id)}
      </li>
    );
  }), [drawn, of, language, many, seen, small, held]);
  const lines = useMemo(() => {
    const shown = many ? paths.filter(p => seen !== null && meets(seen, p.box)) : paths;
    const kinds = new Map<string, string>();
    for (const p of shown) {
      const kind = `${p.link.edge}${p.link.through ? " through" : ""}`;
      kinds.set(kind, `${kinds.get(kind) ?? ""}${p.d}`);
    }
    return <>{[...kinds].map(([kind, d]) => <path key={kind} d={d} class={`link ${kind}`} />)}<path class="arrow" d={shown.map(p => p.head).join("")} /></>;
  }, [paths, many, seen]);
  const bright = pointed ?? lit;
  const over = (event: Event) => {
    const place = Number((event.target as Element).closest("li[data-place]")?.getAttribute("data-place") ?? -1);
    point(place < 0 ? null : drawn.nodes[place]?.id ?? null);
    if (event.type === "focusin") hold(place);
  };

  useEffect(() => {
    const at = drawn.nodes.find(n => n.id === focus) ?? (down ? { x: 0, y: 0, width: drawn.width, height: 0 } : null);
    if (!at || !box.current) return;
    box.current.scrollLeft = (at.x + at.width / 2) * zoom - box.current.clientWidth / 2;
    box.current.scrollTop = (at.y + at.height / 2) * zoom - box.current.clientHeight / 2;
  }, [focus, drawn, down]);

  const whole = () => box.current && zoomTo(Math.min(1, (box.current.clientWidth - 44) / drawn.width, (box.current.clientHeight - 44) / drawn.height));

  const zoomed = useRef(zoomTo);
  zoomed.current = (next, x, y) => zoomTo(next * zoom, x, y);
  useEffect(() => {
    const wheel = (e: WheelEvent) => {
      if (!e.ctrlKey && !e.metaKey) return;
      e.preventDefault(); // the drawing is zoomed, not the page
      const at = box.current!.getBoundingClientRect();
      zoomed.current(Math.exp(-e.deltaY / 300), e.clientX - at.left, e.clientY - at.top);
    };
    const here = box.current;
    here?.addEventListener("wheel", wheel, { passive: false });
    return () => here?.removeEventListener("wheel", wheel);
  }, []);

  const drag = (down: PointerEvent) => {
    const here = box.current!;
    if (down.button !== 0 || down.pointerType === "touch" || (down.target as Element).closest("a, button, .node")) return; // a finger scrolls by itself
    const [left, top] = [here.scrollLeft, here.scrollTop];
    const move = (e: PointerEvent) => here.scrollTo(left - e.clientX + down.clientX, top - e.clientY + down.clientY);
    const up = () => {
      here.classList.remove("dragged");
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
    };
    here.classList.add("dragged");
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
  };
  const key = (e: KeyboardEvent) => {
    if (e.target !== box.current) return;
    if (e.key === "+" || e.key === "=") zoomTo(zoom * 1.25);
    else if (e.key === "-") zoomTo(zoom / 1.25);
    else if (e.key === "0") whole();
  };

  return (
    <figure class="drawing">
      <div class="drawing-box" ref={box} tabIndex={0} role="region" aria-label={label} onPointerDown={drag} onKeyDown={key}>
        <div style={{ width: `${drawn.width * zoom}px`, height: `${drawn.height * zoom}px`, margin: "0 auto" }}>
          <div
            class="drawing-sheet"
            ref={sheet}
            style={{ width: `${drawn.width}px`, height: `${drawn.height}px`, transform: zoom === 1 ? undefined : `scale(${zoom})` }}
          >
            <svg width={drawn.width} height={drawn.height} aria-hidden="true">
              {lines}
              {bright &&
                paths
                  .filter(p => p.link.from === bright || p.link.to === bright)
                  .map(p => (
                    <g key={`${p.link.from}→${p.link.to}`} class="lit">
                      <path d={p.d} class={`link ${p.link.edge}${p.link.through ? " through" : ""}`} />
                      <path class="arrow" d={p.head} />
                    </g>
                  ))}
            </svg>
            <ul onPointerOver={over} onPointerLeave={() => point(null)} onFocusIn={over} onFocusOut={() => point(null)}>
              {nodes}
            </ul>
          </div>
        </div>
      </div>
      <figcaption class="legend">
        <span class="zoom" role="group" aria-label={say("page.zoom")}>
          <button type="button" aria-label={say("page.zoom.out")} title={`${say("page.zoom.out")} (−)`} onClick={() => zoomTo(zoom / 1.25)}>
            −
          </button>
          <output>{Math.round(zoom * 100)} %</output>
          <button type="button" aria-label={say("page.zoom.in")} title={`${say("page.zoom.in")} (+)`} onClick={() => zoomTo(zoom * 1.25)}>
            +
          </button>
          <button type="button" title={`${say("page.zoom.whole")} (0)`} onClick={whole}>
            {say("page.zoom.whole")}
          </button>
        </span>
        {(["source", "fit", "scored"] as const)
          .filter(e => links.some(l => l.edge === e))
          .map(edge => (
            <span key={edge}>
              <svg width="34" height="10" aria-hidden="true">
                <path d="M1 5H33" class={`link ${edge}`} />
              </svg>{" "}
              {say(`page.edge.${edge}.legend`)}
            </span>
          ))}
        {links.some(l => l.through) && (
          <span>
            <svg width="34" height="10" aria-hidden="true">
              <path d="M1 5H33" class="link source through" />
            </svg>{" "}
            {say("page.edge.through")}
          </span>
        )}
      </figcaption>
    </figure>
  );
}
