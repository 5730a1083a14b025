import { expect, test } from 'vitest';

import { NODE, pathOf, place } from './layout';

const node = (ref: string): { ref: string; kind: string; name: string; detail: string } => ({
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
    nodes: ['dataset:a', 'cell:n#1', 'run:r', 'job:j', 'dataset:b'].map(node),
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
    nodes: ['dataset:a', 'cell:c'].map(node),
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
