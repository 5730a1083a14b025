// The edges of a graph, and the line under it that says what they mean.

import * as React from 'react';

import { useTrans } from '../ui/context';
import { type Drawn, pathOf, type Picture } from './layout';
import type { LineageModel } from './model';
import { edgeKey, type Trace } from './trace';
import type { Graph } from './wire';

const TONES = ['plain', 'carries', 'depends'];

/** The edges in sight. */
export const Edges = React.memo(function Edges(props: {
  picture: Picture;
  drawn: readonly Drawn[];
  trace: Trace | undefined;
}): React.JSX.Element {
  const { picture, trace } = props;
  return (
    <svg width={picture.width} height={picture.height} aria-hidden="true">
      <defs>
        {TONES.map(tone => (
          <marker
            key={tone}
            id={`pj-arrow-${tone}`}
            className={`pj-mod-${tone}`}
            viewBox="0 0 8 8"
            refX="8"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0,0.5 8,4 0,7.5z" />
          </marker>
        ))}
      </defs>
      {props.drawn.map(({ edge, points }) => {
        const tone = trace?.edges.get(edgeKey(edge.from, edge.to)) ?? 'plain';
        return (
          <path
            key={`${edge.from} ${edge.to} ${edge.kind}`}
            className={`pj-Graph-edge pj-mod-${edge.how} pj-mod-${tone}`}
            d={pathOf(points)}
            markerEnd={`url(#pj-arrow-${tone})`}
          >
            <title>{[edge.kind, edge.version].filter(Boolean).join(' ')}</title>
          </path>
        );
      })}
    </svg>
  );
});

/** What the lines mean, how much there is, and at the right what `children` bring. */
export function Legend(props: {
  model: LineageModel;
  graph: Graph;
  children: React.ReactNode;
}): React.JSX.Element {
  const trans = useTrans();
  const { model, graph } = props;
  const inferred = graph.edges.filter(edge => edge.how !== 'observed').length;
  const line = (tone: string, words: string): React.JSX.Element => (
    <span className="pj-Graph-key">
      <i className={`pj-mod-${tone}`} />
      {words}
    </span>
  );
  return (
    <div className="pj-Graph-legend pj-Note">
      {model.column && line('carries', trans.__('carries %1', model.column.name))}
      {model.column && line('depends', trans.__('depends on it'))}
      {line('plain', model.column ? trans.__('other flow') : trans.__('observed'))}
      {!model.column && inferred > 0 && line('inferred', trans.__('not observed'))}
      <span className="pj-Spacer" />
      <span className="pj-Num">
        {trans._n('%1 node', '%1 nodes', graph.nodes.length)}
        {inferred > 0 && `, ${trans._n('%1 edge not observed', '%1 edges not observed', inferred)}`}
      </span>
      {props.children}
    </div>
  );
}
