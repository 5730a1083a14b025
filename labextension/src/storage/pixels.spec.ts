import { expect, test } from 'vitest';

import { comparePixels, percent, type Pixels } from './pixels';

const RED = [200, 0, 0] as const;

const filled = (width: number, height: number, value: number): Pixels => ({
  width,
  height,
  data: new Uint8ClampedArray(width * height * 4).fill(value)
});

test('equal pictures do not differ, nor those that differ in the last bits', () => {
  expect(comparePixels(filled(4, 4, 100), filled(4, 4, 100), RED).share).toBe(0);
  expect(comparePixels(filled(4, 4, 100), filled(4, 4, 105), RED).share).toBe(0);
});

test('the pixels that differ are counted and coloured', () => {
  const after = filled(2, 2, 100);
  after.data.set([255, 255, 255, 255], 4);
  const { picture, share } = comparePixels(filled(2, 2, 100), after, RED);
  expect(share).toBe(0.25);
  expect(Array.from(picture.data.slice(4, 8))).toEqual([200, 0, 0, 255]);
  expect(picture.data[0]).toBe(100);
});

test('what lies outside of the smaller picture differs', () => {
  const { picture, share } = comparePixels(filled(1, 2, 9), filled(2, 1, 9), RED);
  expect([picture.width, picture.height]).toEqual([2, 2]);
  expect(share).toBe(0.5); // two differ, one is equal, and in one corner there is neither
});

test('two clear pixels are alike whatever their colour', () => {
  const clear = filled(1, 1, 0);
  const other = filled(1, 1, 0);
  other.data.set([255, 0, 0, 0]);
  expect(comparePixels(clear, other, RED).share).toBe(0);
});

test('a share in words', () => {
  expect(percent(0)).toBe('0 %');
  expect(percent(0.0214)).toBe('2.1 %');
  expect(percent(0.00001)).toBe('< 0.1 %');
  expect(percent(0.5)).toBe('50 %');
});
