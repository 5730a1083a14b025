import { expect, test } from 'vitest';

import { spanOf, timeLabel, timeTicks } from './time';

const HOUR = 3_600_000;
const from = new Date(2026, 2, 3, 9, 12).getTime();

test('times are marked at round moments of the own clock', () => {
  const hours = timeTicks({ low: from, high: from + 5 * HOUR }, 5);
  expect(hours.map(tick => tick.label)).toEqual(['10:00', '11:00', '12:00', '13:00', '14:00']);
  const days = timeTicks({ low: from, high: from + 4.5 * 24 * HOUR }, 5);
  expect(days.map(tick => tick.label)).toEqual(['03-04', '03-05', '03-06', '03-07']);
});

test('no more of a moment is said than the step needs', () => {
  expect(timeLabel(from, 1000)).toBe('09:12:00');
  expect(timeLabel(new Date(2026, 2, 4).getTime(), 6 * HOUR)).toBe('03-04');
  expect(timeLabel(from, 100 * 24 * HOUR)).toBe('2026-03');
});

test('years are marked too, and few', () => {
  const years = timeTicks({ low: from, high: from + 9 * 365 * 24 * HOUR }, 5);
  expect(years.length).toBeGreaterThan(2);
  expect(years.length).toBeLessThan(7);
});

test('one moment has some minutes around it, and none has a day', () => {
  expect(spanOf([from])).toEqual({ low: from - 300_000, high: from + 300_000 });
  expect(spanOf([from + 7, from])).toEqual({ low: from, high: from + 7 });
  expect(timeTicks(spanOf([]), 5).length).toBeGreaterThan(0);
});
