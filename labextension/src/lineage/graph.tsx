// The graph as a picture: scrolled, zoomed and walked through; only what is in sight is drawn.

import { addIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { useTrans } from '../ui/context';
import { Icon } from '../ui/parts';
import { Edges, Legend } from './edges';
import { leadsTo } from './keys';
import { columnsOf, HEAD, inSight, NODE, place, type Picture } from './layout';
import type { LineageModel } from './model';
import { GraphNode } from './node';
import { kindWord } from './words';
import type { Graph } from './wire';

/** How small and how large a graph is drawn. */
const [SMALLEST, LARGEST] = [0.08, 2];
/** A wide graph is drawn smaller at first, but still readable; beyond that one scrolls. */
const READABLE = 0.7;
/** Smaller than this, the heads of the layers say nothing. */
const LEGIBLE = 0.45;
/** What is just out of sight is drawn, too, so that scrolling shows no holes. */
const MARGIN = 200;

type Props = {
  model: LineageModel;
  graph: Graph;
  columns: boolean;
  found: readonly string[];
  jump: string;
  open: (ref: string) => void;
};

/** The graph with its legend and zoom. */
export function LineageGraph(props: Props): React.JSX.Element {
  const { model, graph, columns } = props;
  const trans = useTrans();
  const marked = model.trace?.columns;
  const picture = React.useMemo(
    () =>
      place(graph, node =>
        columns || marked?.has(node.ref) ? columnsOf(node, marked?.get(node.ref)) : []
      ),
    [graph, columns, marked]
  );
  const frame = React.useRef<HTMLDivElement>(null);
  const sight = useSight(frame, picture);
  useJump(frame, picture, sight, props.jump || model.center);
  useStill(frame, picture, sight.scale, model.selected);
  return (
    <>
      <div
        className="pj-Graph"
        ref={frame}
        role="group"
        aria-label={trans.__('Lineage graph')}
        onScroll={sight.look}
        onKeyDown={event => walk(event, props, picture, sight)}
        onPointerDown={event => drag(event, frame.current)}
      >
        <Canvas {...props} picture={picture} sight={sight} />
      </div>
      <Legend model={model} graph={graph}>
        <Zoom sight={sight} />
      </Legend>
    </>
  );
}

function Canvas(props: Props & { picture: Picture; sight: Sight }): React.JSX.Element {
  const trans = useTrans();
  const { picture, sight, model } = props;
  const { scale } = sight;
  const seen = inSight(picture, sight.box);
  const focused = picture.nodes.find(placed => placed.node.ref === model.selected);
  const nodes = focused && !seen.nodes.includes(focused) ? [...seen.nodes, focused] : seen.nodes;
  const entry = focused ?? picture.nodes.find(placed => placed.node.ref === model.center);
  return (
    <div style={{ width: picture.width * scale, height: picture.height * scale }}>
      <div
        className="pj-Graph-canvas"
        style={{ width: picture.width, height: picture.height, transform: `scale(${scale})` }}
      >
        <div className="pj-Graph-layers" style={{ height: HEAD, top: sight.box.top }}>
          {(scale < LEGIBLE ? [] : picture.layers).map(layer => (
            <span key={layer.x} style={{ left: layer.x, width: NODE.width }}>
              {layer.kinds.map(kind => kindWord(kind, trans)).join(', ')}
            </span>
          ))}
        </div>
        <Edges picture={picture} drawn={seen.edges} trace={model.trace} />
        {nodes.map(placed => (
          <GraphNode
            key={placed.node.ref}
            placed={placed}
            model={model}
            open={props.open}
            found={props.found.includes(placed.node.ref)}
            entry={placed === entry}
          />
        ))}
      </div>
    </div>
  );
}

type Box = { left: number; top: number; right: number; bottom: number };
type Sight = {
  scale: number;
  box: Box;
  look: () => void;
  zoom: (by: number) => void;
  fit: () => void;
};

/** What part of the picture can be seen, and how large; looked at once a frame while one scrolls. */
function useSight(frame: React.RefObject<HTMLDivElement>, picture: Picture): Sight {
  const [scale, setScale] = React.useState(1);
  const [box, setBox] = React.useState<Box>({ left: 0, top: 0, right: 2000, bottom: 1200 });
  const waiting = React.useRef(0);
  const measure = (at: number): void => {
    const node = frame.current;
    // Without a width it is not shown, for instance while the theme changes: what was in sight stays.
    if (node?.clientWidth) {
      const [left, top] = [node.scrollLeft / at, node.scrollTop / at];
      setBox({
        left: left - MARGIN,
        top: top <= 0 ? 0 : top,
        right: left + node.clientWidth / at + MARGIN,
        bottom: top + node.clientHeight / at + MARGIN
      });
    }
  };
  const look = (): void => {
    waiting.current ||= requestAnimationFrame(() => {
      waiting.current = 0;
      measure(scale);
    });
  };
  const fitted = (smallest: number): number => {
    const node = frame.current;
    const wide = ((node?.clientWidth || picture.width) - 4) / picture.width;
    const high = ((node?.clientHeight || picture.height) - 4) / picture.height;
    return Math.max(smallest, Math.min(1, wide, high));
  };
  const first = React.useRef(true);
  React.useLayoutEffect(() => {
    if (first.current && frame.current?.clientWidth) {
      first.current = false;
      setScale(fitted(READABLE));
    }
  }, [picture]);
  React.useLayoutEffect(() => measure(scale), [picture, scale]);
  React.useEffect(() => {
    const sizes = new ResizeObserver(look);
    sizes.observe(frame.current as Element);
    return () => sizes.disconnect();
  }, [scale]);
  useWheel(frame, by => setScale(now => clamp(now * by)));
  return {
    scale,
    box,
    look,
    zoom: by => setScale(clamp(scale * by)),
    fit: () => setScale(fitted(SMALLEST))
  };
}

const clamp = (scale: number): number => Math.max(SMALLEST, Math.min(LARGEST, scale));

/** Ctrl and the wheel zoom; React's own wheel events cannot keep the browser from zooming the page. */
function useWheel(frame: React.RefObject<HTMLDivElement>, zoom: (by: number) => void): void {
  React.useEffect(() => {
    const node = frame.current;
    const turn = (event: WheelEvent): void => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1);
      }
    };
    node?.addEventListener('wheel', turn, { passive: false });
    return () => node?.removeEventListener('wheel', turn);
  }, []);
}

/** Bring a node into the middle when it is found. */
function useJump(
  frame: React.RefObject<HTMLDivElement>,
  picture: Picture,
  sight: Sight,
  jump: string
): void {
  const { scale } = sight;
  const due = React.useRef('');
  React.useEffect(() => {
    due.current = jump;
    if (scale < READABLE && jump.includes('\n')) {
      sight.zoom(READABLE / scale);
    }
  }, [jump]);
  React.useEffect(() => {
    const [ref] = due.current.split('\n');
    const placed = picture.nodes.find(one => one.node.ref === ref);
    const node = frame.current;
    if (placed && node) {
      due.current = '';
      node.scrollTo({
        left: (placed.x + NODE.width / 2) * scale - node.clientWidth / 2,
        top: (placed.y + NODE.height / 2) * scale - node.clientHeight / 2
      });
    }
  }, [jump, scale, picture]);
}

/** Keep the chosen node where it is on the screen when the graph around it grows. */
function useStill(
  frame: React.RefObject<HTMLDivElement>,
  picture: Picture,
  scale: number,
  ref: string
): void {
  const before = React.useRef<{ ref: string; x: number; y: number }>();
  React.useLayoutEffect(() => {
    const placed = picture.nodes.find(one => one.node.ref === ref);
    const [last, node] = [before.current, frame.current];
    if (placed && last?.ref === ref && node) {
      node.scrollLeft += (placed.x - last.x) * scale;
      node.scrollTop += (placed.y - last.y) * scale;
    }
    before.current = placed && { ref, x: placed.x, y: placed.y };
  }, [picture, ref]);
}

function walk(
  event: React.KeyboardEvent<HTMLDivElement>,
  props: Props,
  picture: Picture,
  sight: Sight
): void {
  const actions: Record<string, () => void> = {
    '+': () => sight.zoom(1.2),
    '-': () => sight.zoom(1 / 1.2),
    '0': () => sight.fit()
  };
  const at = (event.target as HTMLElement).closest<HTMLElement>('[data-ref]')?.dataset.ref;
  const next = leadsTo(picture, at ?? props.model.selected, event.key, event.shiftKey);
  if (actions[event.key]) {
    event.preventDefault();
    actions[event.key]();
  } else if (at && next) {
    event.preventDefault();
    props.model.select(next);
    const frame = event.currentTarget;
    requestAnimationFrame(() =>
      frame.querySelector<HTMLElement>(`[data-ref="${CSS.escape(next)}"]`)?.focus()
    );
  }
}

/** Drag the ground to move the picture. */
function drag(event: React.PointerEvent, frame: HTMLDivElement | null): void {
  if (!frame || event.button !== 0 || (event.target as Element).closest('button, input')) {
    return;
  }
  const [x, y] = [event.clientX + frame.scrollLeft, event.clientY + frame.scrollTop];
  const move = (moved: PointerEvent): void =>
    frame.scrollTo({ left: x - moved.clientX, top: y - moved.clientY });
  const end = (): void => {
    frame.classList.remove('pj-mod-moving');
    window.removeEventListener('pointermove', move);
    window.removeEventListener('pointerup', end);
  };
  frame.classList.add('pj-mod-moving');
  window.addEventListener('pointermove', move);
  window.addEventListener('pointerup', end);
}

function Zoom(props: { sight: Sight }): React.JSX.Element {
  const trans = useTrans();
  const { zoom, fit } = props.sight;
  return (
    <span className="pj-Graph-zoom">
      <button
        type="button"
        className="pj-Btn pj-mod-icon"
        aria-label={trans.__('Larger')}
        title={trans.__('Larger (+)')}
        onClick={() => zoom(1.2)}
      >
        <Icon icon={addIcon} />
      </button>
      <button
        type="button"
        className="pj-Btn pj-mod-icon"
        aria-label={trans.__('Smaller')}
        title={trans.__('Smaller (−)')}
        onClick={() => zoom(1 / 1.2)}
      >
        −
      </button>
      <button
        type="button"
        className="pj-Btn pj-mod-plain"
        title={trans.__('See all of it (0)')}
        onClick={fit}
      >
        {trans.__('Fit')}
      </button>
    </span>
  );
}
