// Lineage around a thing: drawn as a graph, or as a list that says the same.

import * as React from 'react';

import type { IClient, Schemas } from '../api/client';
import type { IOpener } from '../api/opener';
import { useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { moment } from '../ui/format';
import { iconOf } from '../ui/icons';
import { Empty, Icon, Link } from '../ui/parts';
import { Table } from '../ui/table';
import { useFeed } from '../ui/usefeed';
import { NODE, pathOf, type Picture, place } from './layout';

type Graph = Schemas['Graph'];

/** A wide graph is drawn smaller to fit, but never smaller than this: beyond it one scrolls. */
const SMALLEST = 0.6;

type Open = { center: string; opener: IOpener };

/** The lineage of a ref with its switch between graph and list. */
export function Lineage(props: {
  center: string;
  client: IClient;
  opener: IOpener;
}): React.JSX.Element {
  const trans = useTrans();
  const { center, client } = props;
  const [list, setList] = React.useState(false);
  const feed = useFeed<Graph>(
    {
      name: 'perijove:lineage',
      fetch: () => client.call('get', '/lineage', { query: { ref: center, up: 6, down: 6 } })
    },
    [center, client]
  );
  return (
    <div className="pj-Lineage">
      <div className="pj-Lineage-bar">
        <span className="pj-Seg" role="group" aria-label={trans.__('View')}>
          <button type="button" aria-pressed={!list} onClick={() => setList(false)}>
            {trans.__('Graph')}
          </button>
          <button type="button" aria-pressed={list} onClick={() => setList(true)}>
            {trans.__('List')}
          </button>
        </span>
        <button type="button" className="pj-Btn" onClick={() => void feed.refresh()}>
          {trans.__('Refresh')}
        </button>
      </div>
      <FeedView
        feed={feed}
        isEmpty={graph => graph.edges.length === 0}
        empty={
          <Empty
            text={trans.__(
              'Nothing has read or written this yet. Cells that do appear here by themselves.'
            )}
          />
        }
      >
        {graph =>
          list ? (
            <LineageList {...props} graph={graph} />
          ) : (
            <LineageGraph {...props} graph={graph} />
          )
        }
      </FeedView>
    </div>
  );
}

function LineageGraph(props: Open & { graph: Graph }): React.JSX.Element {
  const trans = useTrans();
  const { graph, center, opener } = props;
  const picture = React.useMemo(() => place(graph), [graph]);
  const frame = React.useRef<HTMLDivElement>(null);
  const [scale, setScale] = React.useState(1);
  React.useLayoutEffect(() => {
    setScale(
      Math.max(
        SMALLEST,
        Math.min(1, ((frame.current?.clientWidth || picture.width) - 2) / picture.width)
      )
    );
  }, [picture]);
  const size = { width: picture.width * scale, height: picture.height * scale };
  const inferred = graph.edges.filter(edge => edge.how !== 'observed').length;
  return (
    <>
      <div className="pj-Graph" ref={frame} role="group" aria-label={trans.__('Lineage graph')}>
        <div style={size}>
          <div
            className="pj-Graph-canvas"
            style={{ width: picture.width, height: picture.height, transform: `scale(${scale})` }}
          >
            <Edges picture={picture} />
            {picture.nodes.map(({ node, x, y }) => (
              <GraphNode key={node.ref} node={node} x={x} y={y} center={center} opener={opener} />
            ))}
          </div>
        </div>
      </div>
      <div className="pj-Note">
        {trans._n('%1 node', '%1 nodes', graph.nodes.length)}
        {', '}
        {trans._n('%1 edge not observed (dashed)', '%1 edges not observed (dashed)', inferred)}
      </div>
    </>
  );
}

function Edges(props: { picture: Picture }): React.JSX.Element {
  const { picture } = props;
  return (
    <svg width={picture.width} height={picture.height} aria-hidden="true">
      <defs>
        <marker
          id="pj-arrow"
          viewBox="0 0 8 8"
          refX="8"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          orient="auto"
        >
          <path d="M0,0.5 8,4 0,7.5z" />
        </marker>
      </defs>
      {picture.edges.map(({ edge, points }) => (
        <path
          key={`${edge.from} ${edge.to} ${edge.kind}`}
          className={`pj-Graph-edge pj-mod-${edge.how}`}
          d={pathOf(points)}
          markerEnd="url(#pj-arrow)"
        >
          <title>{edge.kind}</title>
        </path>
      ))}
    </svg>
  );
}

function GraphNode(
  props: Open & { node: Schemas['Node']; x: number; y: number }
): React.JSX.Element {
  const { node, x, y, center, opener } = props;
  return (
    <button
      type="button"
      className={`pj-Graph-node${node.ref === center ? ' pj-mod-center' : ''}`}
      style={{ left: x, top: y, width: NODE.width, height: NODE.height }}
      data-ref={node.ref}
      title={node.ref}
      disabled={!opener.can(node.ref)}
      onClick={() => opener.open(node.ref)}
    >
      <span className="pj-Graph-name">
        <Icon icon={iconOf(node.kind)} />
        <span>{node.name}</span>
      </span>
      <span className="pj-Graph-detail">{node.detail || node.kind}</span>
    </button>
  );
}

function LineageList(props: Open & { graph: Graph }): React.JSX.Element {
  const trans = useTrans();
  const { graph, opener } = props;
  const nodes = new Map(graph.nodes.map(node => [node.ref, node]));
  const named = (ref: string): React.ReactNode => {
    const name = nodes.get(ref)?.name ?? ref;
    return opener.can(ref) ? (
      <Link label={name} title={ref} onClick={() => opener.open(ref)} />
    ) : (
      name
    );
  };
  return (
    <Table
      label={trans.__('Lineage')}
      wide
      rows={graph.edges}
      rowKey={edge => `${edge.from} ${edge.kind} ${edge.to}`}
      columns={[
        { title: trans.__('From'), cell: edge => named(edge.from) },
        { title: trans.__('What'), cell: edge => edge.kind, width: '100px' },
        { title: trans.__('To'), cell: edge => named(edge.to) },
        { title: trans.__('How'), cell: edge => edge.how, width: '100px' },
        { title: trans.__('When'), cell: edge => moment(edge.at), width: '130px' }
      ]}
    />
  );
}
