// The marks of a time axis: round moments of the person's own clock, at most so many, with no more said than is needed.

import type { Range } from './scale';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map(size => size * SECOND),
  ...[1, 2, 5, 10, 15, 30].map(size => size * MINUTE),
  ...[1, 2, 3, 6, 12].map(size => size * HOUR),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map(size => size * DAY)
];

/** About `wanted` moments within a span of milliseconds since 1970. */
export function timeTicks(span: Range, wanted: number): { value: number; label: string }[] {
  const rough = (span.high - span.low) / wanted;
  const step = STEPS.find(size => size >= rough) ?? Math.ceil(rough / (364 * DAY)) * 364 * DAY;
  const shift = new Date(span.low).getTimezoneOffset() * MINUTE;
  const first = Math.ceil((span.low - shift) / step) * step + shift;
  const found: { value: number; label: string }[] = [];
  for (let value = first; value <= span.high; value += step) {
    found.push({ value, label: timeLabel(value, step) });
  }
  return found;
}

/** A moment as far as a step between two needs it: seconds, minutes, the day, or the month. */
export function timeLabel(value: number, step: number): string {
  const at = new Date(value);
  const pad = (part: number): string => String(part).padStart(2, '0');
  const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
  if (step < MINUTE) {
    return `${clock}:${pad(at.getSeconds())}`;
  }
  const day = `${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  if (step < DAY) {
    return at.getHours() + at.getMinutes() === 0 ? day : clock;
  }
  return step > 60 * DAY ? `${at.getFullYear()}-${pad(at.getMonth() + 1)}` : day;
}

/** The span of some moments; a few minutes around where there is only one. */
export function spanOf(times: readonly number[]): Range {
  const low = times.reduce((a, b) => Math.min(a, b), Infinity);
  const high = times.reduce((a, b) => Math.max(a, b), -Infinity);
  const margin = low === high ? 5 * MINUTE : 0;
  return Number.isFinite(low) ? { low: low - margin, high: high + margin } : { low: 0, high: DAY };
}
