// The arithmetic of charts: ranges, round ticks, and lines as SVG paths.

/** A range of numbers. */
export type Range = { low: number; high: number };

/** The range of some values, a little wider where they are all alike. */
export function rangeOf(values: readonly (number | null)[]): Range {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length === 0) {
    return { low: 0, high: 1 };
  }
  const low = known.reduce((a, b) => Math.min(a, b));
  const high = known.reduce((a, b) => Math.max(a, b));
  const margin = low === high ? Math.abs(low) * 0.05 || 0.5 : 0;
  return { low: low - margin, high: high + margin };
}

/** Round numbers within a range, about `wanted` of them. */
export function ticks(range: Range, wanted: number): number[] {
  const rough = (range.high - range.low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough) ?? 10 * power;
  const first = Math.ceil(range.low / step - 1e-9);
  const last = Math.floor(range.high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    Number(((first + index) * step).toPrecision(12))
  );
}

/** Where a value stands between two places on the screen. */
export function at(value: number, range: Range, from: number, to: number): number {
  return from + ((value - range.low) / (range.high - range.low || 1)) * (to - from);
}

/** A line through points; missing values leave a gap. */
export function linePath(points: readonly ({ x: number; y: number } | null)[]): string {
  let pen = 'M';
  return points
    .map(point => {
      if (!point) {
        pen = 'M';
        return '';
      }
      const part = `${pen}${point.x.toFixed(1)},${point.y.toFixed(1)}`;
      pen = 'L';
      return part;
    })
    .join('');
}

/** The area between two lines, where both are known. */
export function bandPath(
  xs: readonly number[],
  lows: readonly (number | null)[],
  highs: readonly (number | null)[]
): string {
  const there = xs
    .map((_, index) => index)
    .filter(index => lows[index] !== null && highs[index] !== null);
  if (there.length < 2) {
    return '';
  }
  const up = there.map(index => `${xs[index].toFixed(1)},${(highs[index] as number).toFixed(1)}`);
  const down = [...there]
    .reverse()
    .map(index => `${xs[index].toFixed(1)},${(lows[index] as number).toFixed(1)}`);
  return `M${up.join('L')}L${down.join('L')}Z`;
}
