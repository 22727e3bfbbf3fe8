import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Edge } from "../src/api";
import { useLanguage, useSay } from "../src/texts";
import { layout, type Item, type Link } from "./layout";

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

/** @param through Whether it leads over nodes that are not drawn. */
export interface DrawnLink extends Link { edge: Edge; through?: boolean }

const [smallest, largest] = [0.1, 2];
const manyNodes = 200;

/**
 * A graph in ranks, inputs first: links as SVG, nodes as what the caller draws, in reading order for keyboards and screen readers.
 * It is scrolled like any box, dragged by its ground, and zoomed by its buttons, by + − 0, or by the wheel with Ctrl.
 */
export function Drawing({ ids, links, label, lit, node, size, focus, of }: {
  ids: string[];
  links: DrawnLink[];
  label: string;
  /** The node whose links stand out. */
  lit?: string | null;
  node: (id: string) => ComponentChildren;
  size: (id: string) => { width: number; height: number };
  /** The node that is in view at first. */
  focus?: string;
  /** What the nodes show; they are drawn again when it is another object. */
  of: unknown;
}) {
  const say = useSay();
  const language = useLanguage();
  const down = useNarrow();
  const arrow = useId();
  const box = useRef<HTMLDivElement>(null);
  const [zoom, setZoom] = useState(1);
  const shape = JSON.stringify([ids.map(id => [id, size(id)]), links]);
  const drawn = useMemo(() => layout<DrawnLink>(ids.map(id => ({ id, ...size(id) }) as Item), links, down ? "down" : "right"), [shape, down]);
  const nodes = useMemo(() => drawn.nodes.map(n => (
    <li key={n.id} style={{ left: `${n.x}px`, top: `${n.y}px`, width: `${n.width}px`, height: `${n.height}px` }}>{node(n.id)}</li>
  )), [drawn, of, language]);

  useEffect(() => {
    const at = drawn.nodes.find(n => n.id === focus) ?? (down ? { x: 0, y: 0, width: drawn.width, height: 0 } : null);
    if (!at || !box.current) return;
    box.current.scrollLeft = (at.x + at.width / 2) * zoom - box.current.clientWidth / 2;
    box.current.scrollTop = (at.y + at.height / 2) * zoom - box.current.clientHeight / 2;
  }, [focus, drawn, down]);

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
          <div class={`drawing-sheet${drawn.nodes.length > manyNodes ? " many" : ""}`} style={{ width: `${drawn.width}px`, height: `${drawn.height}px`, transform: zoom === 1 ? undefined : `scale(${zoom})` }}>
            <svg width={drawn.width} height={drawn.height} aria-hidden="true">
              <defs>
                <marker id={arrow} viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
                  <path d="M0 0.5 8 4 0 7.5z" class="arrow" />
                </marker>
              </defs>
              {drawn.paths.map(p => (
                <path key={`${p.link.from}→${p.link.to}`} d={p.d} class={`link ${p.link.edge}${p.link.through ? " through" : ""}${lit === p.link.from || lit === p.link.to ? " lit" : ""}`} marker-end={`url(#${arrow})`} />
              ))}
            </svg>
            <ul>{nodes}</ul>
          </div>
        </div>
      </div>
      <figcaption class="legend">
        <span class="zoom" role="group" aria-label={say("page.zoom")}>
          <button type="button" aria-label={say("page.zoom.out")} title={`${say("page.zoom.out")} (−)`} onClick={() => zoomTo(zoom / 1.25)}>−</button>
          <output>{Math.round(zoom * 100)} %</output>
          <button type="button" aria-label={say("page.zoom.in")} title={`${say("page.zoom.in")} (+)`} onClick={() => zoomTo(zoom * 1.25)}>+</button>
          <button type="button" title={`${say("page.zoom.whole")} (0)`} onClick={whole}>{say("page.zoom.whole")}</button>
        </span>
        {(["source", "fit", "scored"] as const).filter(e => links.some(l => l.edge === e)).map(edge => (
          <span key={edge}>
            <svg width="34" height="10" aria-hidden="true"><path d="M1 5H33" class={`link ${edge}`} /></svg> {say(`page.edge.${edge}.legend`)}
          </span>
        ))}
        {links.some(l => l.through) && <span><svg width="34" height="10" aria-hidden="true"><path d="M1 5H33" class="link source through" /></svg> {say("page.edge.through")}</span>}
      </figcaption>
    </figure>
  );
}
