// The same as the graph in words: a table of its edges, which screen readers get first.

import * as React from 'react';

import { useTrans } from '../ui/context';
import { moment } from '../ui/format';
import { iconOf } from '../ui/icons';
import { Empty, Icon, Link } from '../ui/parts';
import { Table } from '../ui/table';
import type { LineageModel } from './model';
import type { Graph, Node } from './wire';
import { detailOf } from './words';

/** The edges as rows, and below them the nodes that have more. */
export function LineageList(props: {
  model: LineageModel;
  graph: Graph;
  text: string;
  found: readonly string[];
  can: (ref: string) => boolean;
  open: (ref: string) => void;
}): React.JSX.Element {
  const trans = useTrans();
  const { graph, text, found, can, open } = props;
  const nodes = new Map(graph.nodes.map(node => [node.ref, node]));
  const named = (ref: string): React.ReactNode => {
    const node = nodes.get(ref);
    const name = [node?.name ?? ref, node && detailOf(node)].filter(Boolean).join(', ');
    return (
      <span className="pj-Jobs-name">
        <Icon icon={iconOf(node?.kind ?? '')} />
        {can(ref) ? <Link label={name} title={ref} onClick={() => open(ref)} /> : name}
      </span>
    );
  };
  const rows = graph.edges.filter(
    edge => !text.trim() || found.includes(edge.from) || found.includes(edge.to)
  );
  return (
    <div className="pj-Lineage-list">
      <Table
        label={trans.__('Lineage')}
        wide
        rows={rows}
        rowKey={edge => `${edge.from} ${edge.kind} ${edge.to}`}
        columns={[
          { title: trans.__('From'), cell: edge => named(edge.from) },
          { title: trans.__('What'), cell: edge => edge.kind, width: '100px' },
          { title: trans.__('To'), cell: edge => named(edge.to) },
          { title: trans.__('Version'), cell: edge => edge.version ?? '', width: '140px' },
          { title: trans.__('How'), cell: edge => edge.how, width: '100px' },
          { title: trans.__('When'), cell: edge => moment(edge.at), width: '130px' }
        ]}
      />
      {rows.length === 0 && <Empty text={trans.__('Nothing here is named like “%1”.', text)} />}
      <Further {...props} />
    </div>
  );
}

function Further(props: { model: LineageModel; graph: Graph }): React.JSX.Element | null {
  const trans = useTrans();
  const { model, graph } = props;
  const more = graph.nodes.filter(node => node.moreUp || node.moreDown);
  if (more.length === 0) {
    return null;
  }
  const row = (node: Node): React.JSX.Element => (
    <li key={node.ref}>
      {`${node.name}: `}
      {node.moreUp && (
        <Link
          label={trans.__('what it came from')}
          onClick={() => void model.expand(node.ref, 'up')}
        />
      )}
      {node.moreUp && node.moreDown && ', '}
      {node.moreDown && (
        <Link
          label={trans.__('what was made of it')}
          onClick={() => void model.expand(node.ref, 'down')}
        />
      )}
    </li>
  );
  return (
    <div className="pj-Pad">
      <b>{trans.__('There is more')}</b>
      <ul className="pj-Lineage-further">{more.map(row)}</ul>
    </div>
  );
}
