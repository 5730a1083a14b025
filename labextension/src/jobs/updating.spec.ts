import { expect, test } from 'vitest';

import { relativeTo } from './paths';
import { byFile, isUpdate } from './updating';

const clash = (path: string, cell: string) => ({
  path,
  cell,
  reason: 'both changed it',
  mine: 'a',
  base: 'b',
  notebook: 'c'
});

test('clashes are shown by file', () => {
  const clashes = [clash('b.py', '2'), clash('a.py', '1'), clash('b.py', '3')];
  const found = byFile({ merged: [], conflicts: ['a.py', 'b.py'], kept: [], clashes });
  expect(found.map(([path, all]) => [path, all.map(one => one.cell)])).toEqual([
    ['a.py', ['1']],
    ['b.py', ['2', '3']]
  ]);
});

test('the result of an update is one', () => {
  expect(isUpdate({ merged: [], conflicts: [], kept: [] })).toBe(true);
  expect(isUpdate({ name: 'road', files: [] })).toBe(false);
  expect(isUpdate(undefined)).toBe(false);
});

test('a job’s folder is named as the file browser does', () => {
  expect(relativeTo('/work/a', '/work/a/jobs/x')).toBe('jobs/x');
  expect(relativeTo('/work/a/', '/work/a')).toBe('');
  expect(relativeTo('/work/a', '/work/ab/x')).toBeUndefined();
  expect(relativeTo('~/a', '/home/ana/a/jobs/x')).toBe('jobs/x');
  expect(relativeTo('~/a', '/srv/b/x')).toBeUndefined();
  expect(relativeTo('/', '/jobs/x')).toBe('jobs/x');
});
