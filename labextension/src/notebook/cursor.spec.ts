import { expect, test } from 'vitest';

import { parseCell, takesCode } from './cursor';

test('an empty cell and an empty line take code, a written line does not', () => {
  expect(takesCode('', 0)).toBe(true);
  expect(takesCode('x = 1\n\ny = 2', 1)).toBe(true);
  expect(takesCode('x = 1', 0)).toBe(false);
});

test('the id of a cell holds its notebook', () => {
  expect(parseCell('work/road.ipynb#train')).toEqual({ path: 'work/road.ipynb', cell: 'train' });
  expect(parseCell('road.ipynb')).toEqual({ path: 'road.ipynb', cell: '' });
});
