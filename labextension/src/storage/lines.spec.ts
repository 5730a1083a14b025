import { expect, test } from 'vitest';

import { changedNumbers, inlineRows, pieces, stretches, textOf, tokensByLine } from './lines';
import type { Line } from './tokens';

const same = (number: number): Line => ({
  kind: 'same',
  before: number,
  after: number,
  textBefore: `line ${number}`,
  textAfter: `line ${number}`
});
const changed = (before: number, after: number): Line => ({
  kind: 'changed',
  before,
  after,
  textBefore: 'old',
  textAfter: 'new',
  spansBefore: [[0, 3]],
  spansAfter: [[0, 3]]
});
const added = (after: number): Line => ({ kind: 'added', before: null, after, textAfter: 'more' });
const removed = (before: number): Line => ({
  kind: 'removed',
  before,
  after: null,
  textBefore: 'less'
});

test('a line is cut where a mark or a colour begins or ends', () => {
  const found = pieces('x = read(1)', [[4, 8]], [{ start: 2, end: 3, style: 'op' }]);
  expect(found).toEqual([
    { text: 'x ', mark: false, style: '' },
    { text: '=', mark: false, style: 'op' },
    { text: ' ', mark: false, style: '' },
    { text: 'read', mark: true, style: '' },
    { text: '(1)', mark: false, style: '' }
  ]);
});

test('spans count characters, not the halves that a browser counts', () => {
  const found = pieces('😀😀 old', [[3, 6]], []);
  expect(found.filter(piece => piece.mark).map(piece => piece.text)).toEqual(['old']);
});

test('an empty line has no pieces, and a span beyond its end does no harm', () => {
  expect(pieces('', [], [])).toEqual([]);
  expect(pieces('ab', [[1, 9]], []).map(piece => piece.text)).toEqual(['a', 'b']);
});

test('equal lines far from a change are folded, short stretches are not', () => {
  const lines = [...[1, 2, 3, 4, 5, 6, 7, 8].map(same), changed(9, 9), same(10), same(11)];
  expect(stretches(lines).map(one => [one.kind, one.lines.length])).toEqual([
    ['fold', 5],
    ['lines', 6]
  ]);
  expect(stretches(lines.slice(3)).map(one => [one.kind, one.lines.length])).toEqual([
    ['lines', 8]
  ]);
});

test('all lines are there once, whatever is folded', () => {
  const lines = [...Array.from({ length: 40 }, (_, at) => same(at + 1)), removed(41), added(41)];
  expect(stretches(lines).flatMap(one => one.lines)).toEqual(lines);
});

test('inline, neighbouring changes show first what went, then what came', () => {
  const rows = inlineRows([same(1), changed(2, 2), changed(3, 3), added(4), same(5)]);
  expect(rows.map(row => [row.kind, row.before, row.after])).toEqual([
    ['same', 1, 1],
    ['removed', 2, null],
    ['removed', 3, null],
    ['added', null, 2],
    ['added', null, 3],
    ['added', null, 4],
    ['same', 5, 5]
  ]);
});

test('the text of a side, and the numbers of what changed', () => {
  const lines = [same(1), changed(2, 2), removed(3), added(3)];
  expect(textOf(lines, 'before')).toBe('line 1\nold\nless');
  expect(textOf(lines, 'after')).toBe('line 1\nnew\nmore');
  expect(changedNumbers(lines)).toEqual([2, 3]);
  expect(changedNumbers([same(1), removed(2), removed(3)])).toEqual([2, 3]);
});

test('colours that run over line ends are split into lines', () => {
  const found = tokensByLine([
    { text: 'x = ', style: '' },
    { text: '"""a\nb"""', style: 'string' },
    { text: '\n\ny', style: '' }
  ]);
  expect(found).toEqual([
    [{ start: 4, end: 8, style: 'string' }],
    [{ start: 0, end: 4, style: 'string' }],
    [],
    []
  ]);
});
