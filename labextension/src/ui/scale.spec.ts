import { expect, test } from 'vitest';

import { at, bandPath, linePath, rangeOf, ticks } from './scale';

test('ticks are round and lie within the range', () => {
  expect(ticks({ low: 0, high: 1 }, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(ticks({ low: 3, high: 47 }, 4)).toEqual([20, 40]);
});

test('missing values do not count, and equal ones get room', () => {
  expect(rangeOf([null, 2, 4])).toEqual({ low: 2, high: 4 });
  expect(rangeOf([2, 2])).toEqual({ low: 1.9, high: 2.1 });
  expect(rangeOf([])).toEqual({ low: 0, high: 1 });
});

test('a value finds its place', () => {
  expect(at(5, { low: 0, high: 10 }, 100, 0)).toBe(50);
});

test('a gap in the values is a gap in the line', () => {
  expect(linePath([{ x: 0, y: 0 }, { x: 1, y: 1 }, null, { x: 3, y: 3 }])).toBe(
    'M0.0,0.0L1.0,1.0M3.0,3.0'
  );
});

test('a band goes there and back', () => {
  expect(bandPath([0, 1], [0, 0], [2, 2])).toBe('M0.0,2.0L1.0,2.0L1.0,0.0L0.0,0.0Z');
  expect(bandPath([0], [0], [1])).toBe('');
});
