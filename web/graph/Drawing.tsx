import type { ComponentChildren } from "preact";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import type { Edge } from "../src/api";
import { useSay } from "../src/texts";
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

export interface DrawnLink extends Link { edge: Edge }

/** A graph in ranks, inputs first: links as SVG, nodes as what the caller draws, in reading order for keyboards and screen readers. */
export function Drawing({ ids, links, label, lit, node, size, focus }: {
  ids: string[];
  links: DrawnLink[];
  label: string;
  /** The node whose links stand out. */
  lit?: string | null;
  node: (id: string) => ComponentChildren;
  size: (id: string) => { width: number; height: number };
  /** The node that is in view at first. */
  focus?: string;
}) {
  const say = useSay();
  const down = useNarrow();
  const arrow = useId();
  const box = useRef<HTMLDivElement>(null);
  const shape = JSON.stringify([ids.map(id => [id, size(id)]), links]);
  const drawn = useMemo(() => layout<DrawnLink>(ids.map(id => ({ id, ...size(id) }) as Item), links, down ? "down" : "right"), [shape, down]);

  useEffect(() => {
    const at = drawn.nodes.find(n => n.id === focus) ?? (down ? { x: 0, y: 0, width: drawn.width, height: 0 } : null);
    if (!at || !box.current) return;
    box.current.scrollLeft = at.x + at.width / 2 - box.current.clientWidth / 2;
    box.current.scrollTop = at.y + at.height / 2 - box.current.clientHeight / 2;
  }, [focus, drawn, down]);

  return (
    <figure class="drawing">
      <div class="drawing-box" ref={box} tabIndex={0} role="region" aria-label={label}>
        <div class="drawing-sheet" style={{ width: `${drawn.width}px`, height: `${drawn.height}px` }}>
          <svg width={drawn.width} height={drawn.height} aria-hidden="true">
            <defs>
              <marker id={arrow} viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
                <path d="M0 0.5 8 4 0 7.5z" class="arrow" />
              </marker>
            </defs>
            {drawn.paths.map(p => (
              <path key={`${p.link.from}→${p.link.to}`} d={p.d} class={`link ${p.link.edge}${lit === p.link.from || lit === p.link.to ? " lit" : ""}`} marker-end={`url(#${arrow})`} />
            ))}
          </svg>
          <ul>
            {drawn.nodes.map(n => (
              <li key={n.id} style={{ left: `${n.x}px`, top: `${n.y}px`, width: `${n.width}px`, height: `${n.height}px` }}>{node(n.id)}</li>
            ))}
          </ul>
        </div>
      </div>
      <figcaption class="legend">
        {(["source", "fit", "scored"] as const).filter(e => links.some(l => l.edge === e)).map(edge => (
          <span key={edge}>
            <svg width="34" height="10" aria-hidden="true"><path d="M1 5H33" class={`link ${edge}`} /></svg> {say(`page.edge.${edge}.legend`)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
