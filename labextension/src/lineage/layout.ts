// Places the nodes of a lineage graph in layers from left to right.

import { graphlib, layout } from '@dagrejs/dagre';

import type { Schemas } from '../api/client';

/** The size of a node on the screen. */
export const NODE = { width: 160, height: 44 };

type Node = Schemas['Node'];
type Edge = Schemas['Edge'];
type Point = { x: number; y: number };

/** A node with its left upper corner. */
export type Placed = { node: Node; x: number; y: number };

/** An edge with the points it goes through. */
export type Drawn = { edge: Edge; points: Point[] };

/** A graph ready to draw. */
export type Picture = { nodes: Placed[]; edges: Drawn[]; width: number; height: number };

/** Place a graph; edges whose ends are not in it are left out. */
export function place(graph: Schemas['Graph']): Picture {
  const drawing = new graphlib.Graph({ multigraph: true });
  drawing.setGraph({ rankdir: 'LR', nodesep: 20, ranksep: 48, marginx: 16, marginy: 16 });
  drawing.setDefaultEdgeLabel(() => ({}));
  const known = new Set(graph.nodes.map(node => node.ref));
  const edges = graph.edges.filter(
    edge => known.has(edge.from) && known.has(edge.to) && edge.from !== edge.to
  );
  graph.nodes.forEach(node => drawing.setNode(node.ref, { ...NODE }));
  edges.forEach((edge, index) => drawing.setEdge(edge.from, edge.to, {}, String(index)));
  layout(drawing);
  const size = drawing.graph();
  return {
    nodes: graph.nodes.map(node => {
      const { x, y } = drawing.node(node.ref) as { x: number; y: number };
      return { node, x: x - NODE.width / 2, y: y - NODE.height / 2 };
    }),
    edges: edges.map((edge, index) => {
      const drawn = drawing.edge(edge.from, edge.to, String(index)) as { points: Point[] };
      const [from, to] = [drawing.node(edge.from) as Point, drawing.node(edge.to) as Point];
      return { edge, points: sideToSide(from, drawn.points, to) };
    }),
    width: Math.max(size.width ?? 0, NODE.width),
    height: Math.max(size.height ?? 0, NODE.height)
  };
}

/** An edge leaves its node in the middle of a side and arrives in the middle of the other's; the bends between stay. */
function sideToSide(from: Point, points: Point[], to: Point): Point[] {
  const ahead = from.x <= to.x ? 1 : -1;
  const start = { x: from.x + (ahead * NODE.width) / 2, y: from.y };
  const end = { x: to.x - (ahead * NODE.width) / 2, y: to.y };
  return [
    start,
    { x: start.x + ahead * 16, y: start.y },
    ...points.slice(1, -1),
    { x: end.x - ahead * 16, y: end.y },
    end
  ];
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
