// Places the nodes of a lineage graph in layers from left to right.

import { graphlib, layout } from '@dagrejs/dagre';

import type { Edge, Graph, Node } from './wire';

/** The size of a node on the screen, and of a column's row in it. */
export const NODE = { width: 160, height: 44, row: 20 };

/** Room above the first row of nodes, for the heads of the layers. */
export const HEAD = 24;

/** So many columns a node shows before it says how many more there are. */
export const COLUMNS = 6;

/** Above so many nodes a quicker way of finding layers is taken, which draws a little longer edges. */
const MANY = 150;

type Point = { x: number; y: number };

/** A node with its left upper corner, its height, and the columns it shows. */
export type Placed = { node: Node; x: number; y: number; height: number; columns: string[] };

/** An edge with the points it goes through. */
export type Drawn = { edge: Edge; points: Point[] };

/** A layer: where it stands, and the kinds of its nodes. */
export type Layer = { x: number; kinds: string[] };

/** A graph ready to draw. */
export type Picture = {
  nodes: Placed[];
  edges: Drawn[];
  layers: Layer[];
  width: number;
  height: number;
};

/** The columns a node shows: `first` of them (the followed ones) always, others while there is room. */
export function columnsOf(node: Node, first: ReadonlySet<string> | undefined): string[] {
  const columns = node.columns ?? [];
  const marked = columns.filter(column => first?.has(column));
  const unknown = [...(first ?? [])].filter(column => !columns.includes(column));
  const others = columns.filter(column => !first?.has(column));
  return [...marked, ...unknown, ...others].slice(0, Math.max(COLUMNS, marked.length));
}

/** How high a node is. */
export function heightOf(node: Node, columns: readonly string[]): number {
  if (columns.length === 0) {
    return NODE.height;
  }
  const more = (node.columns ?? []).length > columns.length ? 1 : 0;
  return NODE.height + (columns.length + more) * NODE.row + 2;
}

/** Place a graph; edges whose ends are not in it are left out. `shown` says which columns a node shows. */
export function place(graph: Graph, shown: (node: Node) => string[] = () => []): Picture {
  const drawing = new graphlib.Graph({ multigraph: true });
  drawing.setGraph({
    rankdir: 'LR',
    nodesep: 20,
    ranksep: 48,
    marginx: 24,
    marginy: 12,
    ranker: graph.nodes.length > MANY ? 'tight-tree' : 'network-simplex'
  });
  drawing.setDefaultEdgeLabel(() => ({}));
  const known = new Map(graph.nodes.map(node => [node.ref, shown(node)]));
  const edges = graph.edges.filter(
    edge => known.has(edge.from) && known.has(edge.to) && edge.from !== edge.to
  );
  graph.nodes.forEach(node => {
    const height = heightOf(node, known.get(node.ref) ?? []);
    drawing.setNode(node.ref, { width: NODE.width, height });
  });
  edges.forEach((edge, index) => drawing.setEdge(edge.from, edge.to, {}, String(index)));
  layout(drawing);
  const size = drawing.graph();
  const nodes = graph.nodes.map(node => {
    const { x, y, height } = drawing.node(node.ref) as Point & { height: number };
    const columns = known.get(node.ref) ?? [];
    return { node, x: x - NODE.width / 2, y: y - height / 2 + HEAD, height, columns };
  });
  const places = new Map(nodes.map(placed => [placed.node.ref, placed]));
  return {
    nodes,
    edges: edges.map((edge, index) => {
      const drawn = drawing.edge(edge.from, edge.to, String(index)) as { points: Point[] };
      const bends = drawn.points.slice(1, -1).map(({ x, y }) => ({ x, y: y + HEAD }));
      const [from, to] = [places.get(edge.from) as Placed, places.get(edge.to) as Placed];
      return { edge, points: sideToSide(from, bends, to) };
    }),
    layers: layersOf(nodes),
    width: Math.max(size.width ?? 0, NODE.width),
    height: Math.max(size.height ?? 0, NODE.height) + HEAD
  };
}

/** An edge leaves its node at a side, by the head, and arrives at the other's; the bends between stay. */
function sideToSide(from: Placed, bends: Point[], to: Placed): Point[] {
  const ahead = from.x <= to.x ? 1 : -1;
  const right = ahead === 1 ? NODE.width : 0;
  const start = { x: from.x + right, y: from.y + NODE.height / 2 };
  const end = { x: to.x + NODE.width - right, y: to.y + NODE.height / 2 };
  return [
    start,
    { x: start.x + ahead * 16, y: start.y },
    ...bends,
    { x: end.x - ahead * 16, y: end.y },
    end
  ];
}

function layersOf(nodes: readonly Placed[]): Layer[] {
  const layers = new Map<number, Set<string>>();
  for (const { node, x } of nodes) {
    layers.set(x, (layers.get(x) ?? new Set()).add(node.kind));
  }
  return [...layers].map(([x, kinds]) => ({ x, kinds: [...kinds] })).sort((a, b) => a.x - b.x);
}

/** The points of an edge as a smooth SVG path. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (!first || !last) {
    return '';
  }
  let path = `M${first.x},${first.y}`;
  rest.slice(0, -1).forEach((point, index) => {
    const next = rest[index + 1];
    path += ` Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`;
  });
  return `${path} L${last.x},${last.y}`;
}

/** What of a picture touches a part of the screen: only that is drawn. */
export function inSight(
  picture: Picture,
  sight: { left: number; top: number; right: number; bottom: number }
): { nodes: Placed[]; edges: Drawn[] } {
  const crosses = (left: number, top: number, right: number, bottom: number): boolean =>
    left <= sight.right && right >= sight.left && top <= sight.bottom && bottom >= sight.top;
  return {
    nodes: picture.nodes.filter(({ x, y, height }) => crosses(x, y, x + NODE.width, y + height)),
    edges: picture.edges.filter(({ points }) => {
      const [xs, ys] = [points.map(point => point.x), points.map(point => point.y)];
      return crosses(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
    })
  };
}
