import { expect, test } from 'vitest';

import { canForce, howForced, parseWish, statementOf, turnOver, wishRef } from './choice';
import type { CellView } from './tokens';

const source = [
  'import pandas as pd',
  'frame = pd.DataFrame({',
  '    "a": [1, 2],',
  '})',
  '# a remark',
  'if len(frame):',
  '    total = 1',
  'else:',
  '    total = 2',
  '@cache',
  'def f():',
  '    return 1'
];
const view: CellView = {
  index: 1,
  id: 'load',
  kept: true,
  note: '',
  lines: source.map((text, index) => ({ number: index + 1, text, kept: index < 4, reason: '' }))
};

test('a wish survives the ref of its page', () => {
  for (const wish of [
    { notebook: 'a b/50%?.ipynb', cells: ['x#1', 'y&z'], variable: '', ref: '' },
    { notebook: 'road.ipynb', cells: [], variable: 'größe', ref: '' },
    { notebook: 'road.ipynb', cells: [], variable: '', ref: 'dataset:file:///data/a%20b.csv' }
  ]) {
    expect(parseWish(wishRef(wish))).toEqual(wish);
  }
  expect(parseWish('cell:road.ipynb#train')).toEqual({
    notebook: 'road.ipynb',
    cells: ['train'],
    variable: '',
    ref: ''
  });
  expect(parseWish('export:road.ipynb?ref=run:12').ref).toBe('run:12');
});

test('a statement is found with all its lines', () => {
  expect(statementOf(view.lines, 1)).toEqual([1, 1]);
  expect(statementOf(view.lines, 3)).toEqual([2, 4]);
  expect(statementOf(view.lines, 8)).toEqual([6, 9]);
  expect(statementOf(view.lines, 12)).toEqual([10, 12]);
});

test('blank lines and remarks cannot be forced', () => {
  expect(source.map((_, index) => canForce(view.lines[index])).filter(one => !one)).toEqual([
    false
  ]);
  expect(canForce({ number: 1, text: '  ', kept: false, reason: '' })).toBe(false);
});

test('a line is turned over, and by any line of its statement back again', () => {
  const none = { keep: [], drop: [] };
  const out = turnOver(none, view, view.lines[1]);
  expect(out).toEqual({ keep: [], drop: [{ cell: 'load', line: 2 }] });
  expect(howForced(out, view, 4)).toBe('out');
  expect(howForced(out, view, 1)).toBeUndefined();
  expect(turnOver(out, view, { ...view.lines[3], kept: false })).toEqual(none);
  const taken = turnOver(out, view, view.lines[6]);
  expect(taken.keep).toEqual([{ cell: 'load', line: 7 }]);
  expect(howForced(taken, view, 6)).toBe('in');
});
