import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { mergedLines } from './merged';
import { readConverted } from './model';
import type { CellChange, Line, MergeCell, OutputPart } from './tokens';
import {
  cellSummary,
  foldName,
  groups,
  outputLines,
  plainLines,
  mergeState,
  mergeSummary
} from './words';

const trans = nullTranslator.load('perijove');

const cell = (change: Partial<CellChange>): CellChange => ({
  kind: 'changed',
  id: 'a',
  cellType: 'code',
  before: 0,
  after: 0,
  ...change
});
const line = (kind: Line['kind'], before: number | null, after: number | null): Line => ({
  kind,
  before,
  after
});
const merged = (change: Partial<MergeCell>): MergeCell => ({
  id: 'a',
  cellType: 'code',
  state: 'same',
  ...change
});

test('a cell says what changed in it', () => {
  const one = [line('same', 1, 1), line('changed', 2, 2)];
  expect(cellSummary(cell({ lines: one }), trans)).toBe('code, line 2 changed');
  expect(cellSummary(cell({ lines: [line('removed', 4, null)] }), trans)).toBe(
    'code, 1 line removed'
  );
  expect(cellSummary(cell({ kind: 'moved', before: 4, after: 1 }), trans)).toBe(
    'code, from place 5 to 2'
  );
  expect(cellSummary(cell({ cellType: 'markdown', metadata: ['tags'] }), trans)).toBe(
    'text, metadata changed: tags'
  );
  expect(
    cellSummary(cell({ outputs: [{ kind: 'added', before: null, after: null }] }), trans)
  ).toBe('code, only its output changed');
  expect(cellSummary(cell({ kind: 'added' }), trans)).toBe('code');
});

test('equal neighbours are one fold', () => {
  const cells = ['same', 'same', 'changed', 'same'].map((kind, at) =>
    cell({ kind: kind as CellChange['kind'], id: String(at), after: at })
  );
  expect(groups(cells).map(group => group.length)).toEqual([2, 1, 1]);
  expect(foldName(cells.slice(0, 2), trans)).toBe('[1] to [2], 2 cells the same');
  expect(foldName(cells.slice(3), trans)).toBe('[4] the same');
});

test('a merged cell says whose it is, a conflict what both did', () => {
  expect(mergeState(merged({ state: 'added', side: 'theirs' }), trans).word).toBe('Theirs');
  expect(mergeSummary(merged({ state: 'removed', side: 'ours' }), trans)).toBe(
    'code, removed, unchanged on the other side'
  );
  const lines = [line('same', 1, 1), line('changed', 2, 2), line('changed', 3, 3)];
  const conflict = { ours: 'a', theirs: 'b', base: 'c' };
  expect(
    mergeSummary(
      merged({ state: 'conflict', conflict, linesOurs: lines, linesTheirs: lines }),
      trans
    )
  ).toBe('code, both changed lines 2 and 3');
  expect(mergeSummary(merged({ conflict: { ...conflict, ours: null } }), trans)).toBe(
    'code, you removed it, they changed it'
  );
});

test('the result of a conversion is read, others are not', () => {
  const one = { path: 'a.ipynb', became: 'a.py', problem: '' };
  expect(readConverted([one, { datasets: 3 }, null])).toEqual([one]);
  expect(readConverted(one)).toEqual([one]);
  expect(readConverted(null)).toEqual([]);
});

test('a text output that is on one side only has all its lines', () => {
  const part = { kind: 'stream', mime: 'text/plain', size: 4, text: 'a\nb\n' };
  const added = outputLines({ kind: 'added', before: null, after: part });
  expect(added.map(line => [line.kind, line.before, line.after, line.textAfter])).toEqual([
    ['added', null, 1, 'a'],
    ['added', null, 2, 'b']
  ]);
  const removed = outputLines({ kind: 'removed', before: part, after: null });
  expect(removed.map(line => [line.before, line.after, line.textBefore])).toEqual([
    [1, null, 'a'],
    [2, null, 'b']
  ]);
});

test('texts that the server did not compare are put beside each other on demand', () => {
  const part = (text: string): OutputPart => ({
    kind: 'stream',
    mime: 'text/plain',
    size: 9,
    text
  });
  const change = { kind: 'changed' as const, before: part('a\n'), after: part('b\nc') };
  expect(outputLines(change)).toEqual([]);
  expect(plainLines(change).map(line => [line.textBefore, line.textAfter])).toEqual([
    ['a', 'b'],
    ['', 'c']
  ]);
});

test('a cell that merged by itself shows the lines of the side that changed it', () => {
  const lines = [line('changed', 1, 1)];
  expect(mergedLines(merged({ state: 'theirs', linesTheirs: lines }))).toBe(lines);
  expect(mergedLines(merged({ state: 'removed', source: 'a\nb' })).map(one => one.kind)).toEqual([
    'removed',
    'removed'
  ]);
  const both = merged({ state: 'both', source: 'a', linesOurs: lines, linesTheirs: lines });
  expect(mergedLines(both).map(one => one.kind)).toEqual(['same']);
});
