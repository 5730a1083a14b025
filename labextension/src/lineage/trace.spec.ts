import { expect, test } from 'vitest';

import { trace } from './trace';
import type { Flow } from './wire';

const flow = (from: string, via: string, to: string, columns: Flow['columns']): Flow => ({
  from,
  to,
  via,
  how: 'observed',
  at: '2026-01-01T00:00:00Z',
  columns
});

const FLOWS = [
  flow('dataset:a', 'cell:1', 'dataset:b', [
    { from: 'id', to: 'key', kind: 'direct' },
    { from: 'amount', to: 'total', kind: 'indirect' }
  ]),
  flow('dataset:b', 'cell:2', 'dataset:c', [{ from: 'key', to: 'key', kind: 'direct' }]),
  flow('dataset:b', 'cell:3', '', [{ from: 'total', to: '', kind: 'direct' }])
];

test('a column is followed through its other names, forwards and backwards', () => {
  const found = trace(FLOWS, 'dataset:b', 'key');
  expect([...found.columns].map(([ref, columns]) => [ref, [...columns]])).toEqual([
    ['dataset:b', ['key']],
    ['dataset:c', ['key']],
    ['dataset:a', ['id']]
  ]);
  expect([...found.edges.keys()]).toEqual([
    'dataset:b cell:2',
    'cell:2 dataset:c',
    'dataset:a cell:1',
    'cell:1 dataset:b'
  ]);
});

test('what only depends on it is told apart, and a cell may be the end', () => {
  const found = trace(FLOWS, 'dataset:a', 'amount');
  expect([...found.edges]).toEqual([
    ['dataset:a cell:1', 'depends'],
    ['cell:1 dataset:b', 'depends'],
    ['dataset:b cell:3', 'carries']
  ]);
});

test('a ring ends', () => {
  const ring = [
    flow('dataset:a', 'cell:1', 'dataset:b', [{ from: 'x', to: 'x', kind: 'direct' }]),
    flow('dataset:b', 'cell:2', 'dataset:a', [{ from: 'x', to: 'x', kind: 'direct' }])
  ];
  expect(trace(ring, 'dataset:a', 'x').columns.size).toBe(2);
});
