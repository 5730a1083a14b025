import { expect, test } from 'vitest';

import type { DatasetRow } from './tokens';
import { type Branch, foldersOf, grow } from './tree';

const row = (uri: string): DatasetRow =>
  ({ ref: `dataset:${uri}`, name: uri.split(/[/#.]/).at(-1) }) as DatasetRow;

/** The tree in few letters: folder[inside]. */
const drawn = (branches: Branch[]): string =>
  branches
    .map(branch =>
      branch.kind === 'folder' ? `${branch.name}[${drawn(branch.inside)}]` : branch.row.name
    )
    .join(' ');

test('folders come first, each with what lies in it', () => {
  const source = { name: 'lake', uri: 'file:///lake' };
  const rows = ['file:///lake/z', 'file:///lake/sales/b', 'file:///lake/sales/eu%20west/a'].map(
    row
  );
  expect(drawn(grow(source, rows))).toBe('sales[eu west[a] b] z');
});

test('tables lie in their schema, and what is elsewhere lies on top', () => {
  expect(foldersOf('postgresql://h/db', 'dataset:postgresql://h/db#shop.orders')).toEqual(['shop']);
  expect(foldersOf('sqlite:////a.db', 'dataset:sqlite:////a.db#wines')).toEqual([]);
  expect(foldersOf('file:///lake', 'dataset:s3://bucket/x/y')).toEqual([]);
});

test('a folder counts all datasets below it', () => {
  const [sales] = grow(
    { name: 'l', uri: 'file:///l' },
    ['file:///l/s/a', 'file:///l/s/t/b'].map(row)
  );
  expect(sales).toMatchObject({ kind: 'folder', count: 2 });
});
