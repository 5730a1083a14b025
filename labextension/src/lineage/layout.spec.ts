import { expect, test } from 'vitest';

import { leadsTo } from './keys';
import { columnsOf, heightOf, inSight, NODE, pathOf, place } from './layout';

const node = (
  ref: string,
  columns: string[] = []
): { ref: string; kind: string; name: string; detail: string; columns: string[] } => ({
  columns,
  ref,
  kind: ref.split(':')[0],
  name: ref,
  detail: ''
});
const edge = (
  from: string,
  to: string
): { from: string; to: string; kind: string; how: 'observed'; at: string } => ({
  from,
  to,
  kind: 'read',
  how: 'observed',
  at: '2026-01-01T00:00:00Z'
});

test('what comes later stands further right, and nothing overlaps', () => {
  const picture = place({
    nodes: ['dataset:a', 'cell:n#1', 'run:r', 'job:j', 'dataset:b'].map(ref => node(ref)),
    edges: [
      edge('dataset:a', 'cell:n#1'),
      edge('cell:n#1', 'run:r'),
      edge('run:r', 'job:j'),
      edge('dataset:b', 'cell:n#1')
    ]
  });
  const x = Object.fromEntries(picture.nodes.map(placed => [placed.node.ref, placed.x]));
  expect(x['dataset:a']).toBeLessThan(x['cell:n#1']);
  expect(x['cell:n#1']).toBeLessThan(x['run:r']);
  expect(x['run:r']).toBeLessThan(x['job:j']);
  expect(x['dataset:a']).toBe(x['dataset:b']);
  const [a, b] = picture.nodes.filter(placed => placed.node.kind === 'dataset');
  expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(NODE.height);
  expect(picture.edges).toHaveLength(4);
});

test('edges to nodes that are not there, and to itself, are left out', () => {
  const picture = place({
    nodes: [node('dataset:a')],
    edges: [edge('dataset:a', 'run:x'), edge('dataset:a', 'dataset:a')]
  });
  expect(picture.edges).toEqual([]);
  expect(picture.nodes).toHaveLength(1);
});

test('a cycle is drawn, too', () => {
  const picture = place({
    nodes: ['dataset:a', 'cell:c'].map(ref => node(ref)),
    edges: [edge('dataset:a', 'cell:c'), edge('cell:c', 'dataset:a')]
  });
  expect(picture.edges).toHaveLength(2);
});

test('a path begins and ends at the points given', () => {
  const path = pathOf([
    { x: 0, y: 0 },
    { x: 5, y: 5 },
    { x: 10, y: 0 }
  ]);
  expect(path.startsWith('M0,0')).toBe(true);
  expect(path.endsWith('L10,0')).toBe(true);
  expect(pathOf([])).toBe('');
});

test('a node shows the followed columns first and is as high as they need', () => {
  const wide = node('dataset:a', ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  expect(columnsOf(wide, new Set(['h']))).toEqual(['h', 'a', 'b', 'c', 'd', 'e']);
  expect(heightOf(wide, columnsOf(wide, undefined))).toBe(NODE.height + 7 * NODE.row + 2);
  expect(heightOf(node('run:r'), [])).toBe(NODE.height);
  const picture = place({ nodes: [wide, node('dataset:b')], edges: [] }, one =>
    columnsOf(one, undefined)
  );
  const [a, b] = picture.nodes;
  expect(b.y >= a.y + a.height || a.y >= b.y + b.height).toBe(true);
});

const diamond = place({
  nodes: ['dataset:a', 'cell:1', 'cell:2', 'dataset:b'].map(ref => node(ref)),
  edges: [
    edge('dataset:a', 'cell:1'),
    edge('dataset:a', 'cell:2'),
    edge('cell:1', 'dataset:b'),
    edge('cell:2', 'dataset:b')
  ]
});

test('keys lead along edges, within a layer and from layer to layer', () => {
  const first = leadsTo(diamond, 'dataset:a', 'ArrowRight') ?? '';
  expect(first).toMatch(/^cell:/);
  const other = leadsTo(diamond, first, 'ArrowDown') ?? leadsTo(diamond, first, 'ArrowUp');
  expect(other).not.toBe(first);
  expect(leadsTo(diamond, first, 'Tab')).toBe('dataset:b');
  expect(leadsTo(diamond, first, 'Tab', true)).toBe('dataset:a');
  expect(leadsTo(diamond, 'dataset:b', 'ArrowRight')).toBeUndefined();
});

test('layers know their kinds', () => {
  expect(diamond.layers.map(layer => layer.kinds)).toEqual([['dataset'], ['cell'], ['dataset']]);
});

test('only what is in sight is drawn', () => {
  const sight = { left: 0, top: 0, right: NODE.width + 30, bottom: 1000 };
  const seen = inSight(diamond, sight);
  expect(seen.nodes.map(placed => placed.node.ref)).toEqual(['dataset:a']);
  expect(seen.edges).toHaveLength(2);
});
