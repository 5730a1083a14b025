// Follows one column through the flows of a graph, forwards and backwards.

import type { Flow } from './wire';

/** How an edge has to do with the column: it carries it, or something only depends on it. */
export type Touch = 'carries' | 'depends';

/** The columns and edges that have to do with one column. */
export type Trace = {
  columns: Map<string, Set<string>>;
  edges: Map<string, Touch>;
};

/** The key of an edge in a trace. */
export const edgeKey = (from: string, to: string): string => `${from} ${to}`;

/** Follow a column through the flows. */
export function trace(flows: readonly Flow[], ref: string, column: string): Trace {
  const found: Trace = { columns: new Map([[ref, new Set([column])]]), edges: new Map() };
  follow(flows, found, ref, column, 1);
  follow(flows, found, ref, column, -1);
  return found;
}

function follow(
  flows: readonly Flow[],
  found: Trace,
  ref: string,
  column: string,
  way: 1 | -1
): void {
  const seen = new Set<string>();
  const waiting: [string, string][] = [[ref, column]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [at, name] = next;
    if (seen.has(edgeKey(at, name))) {
      continue;
    }
    seen.add(edgeKey(at, name));
    for (const flow of flows) {
      const [near, far] = way === 1 ? [flow.from, flow.to] : [flow.to, flow.from];
      for (const { from, to, kind } of near === at ? (flow.columns ?? []) : []) {
        const [mine, other] = way === 1 ? [from, to] : [to, from];
        if (mine !== name) {
          continue;
        }
        mark(found.edges, flow, kind === 'direct' ? 'carries' : 'depends');
        if (far && other) {
          found.columns.set(far, (found.columns.get(far) ?? new Set()).add(other));
          waiting.push([far, other]);
        }
      }
    }
  }
}

function mark(edges: Trace['edges'], flow: Flow, touch: Touch): void {
  const keys = [[flow.from, flow.via], flow.to ? [flow.via, flow.to] : undefined];
  for (const key of flow.via ? keys : [[flow.from, flow.to]]) {
    if (key && edges.get(edgeKey(key[0], key[1])) !== 'carries') {
      edges.set(edgeKey(key[0], key[1]), touch);
    }
  }
}
