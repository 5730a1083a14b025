// How a column's values spread, as small grey bars.

import * as React from 'react';

import { useTrans } from '../../ui/context';
import { cell, count } from '../../ui/format';
import type { ColumnProfile } from '../wire';

/** The heights of bars from 0 to 1, and what each stands for. */
export function barsOf(figures: ColumnProfile): { share: number; tip: string }[] {
  const bins = figures.bins ?? [];
  const common = figures.common ?? [];
  const bars =
    bins.length > 0
      ? bins.map(bin => ({ size: bin.count, tip: `${cell(bin.low)} – ${cell(bin.high)}` }))
      : common.map(one => ({ size: one.count, tip: cell(one.value) }));
  const most = Math.max(1, ...bars.map(bar => bar.size));
  return bars.map(bar => ({ share: bar.size / most, tip: `${bar.tip}: ${count(bar.size)}` }));
}

/** The bars; `sentence` says the same in words. */
export function Histogram(props: {
  figures: ColumnProfile | undefined;
  width?: number;
  height?: number;
}): React.JSX.Element | null {
  const trans = useTrans();
  const { figures, width = 92, height = 16 } = props;
  const bars = figures ? barsOf(figures) : [];
  if (!figures || bars.length === 0) {
    return null;
  }
  const step = Math.min(width / bars.length, width / 5);
  const sentence = trans.__(
    'Values of %1 from %2 to %3',
    figures.name,
    cell(figures.min),
    cell(figures.max)
  );
  return (
    <svg
      className="pj-Histogram"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={sentence}
    >
      {bars.map(({ share, tip }, index) => {
        const high = share > 0 ? Math.max(1, share * height) : 0;
        return (
          <g key={index}>
            <rect x={index * step} y={height - high} width={Math.max(1, step - 1)} height={high} />
            <rect className="pj-Histogram-hit" x={index * step} y={0} width={step} height={height}>
              <title>{tip}</title>
            </rect>
          </g>
        );
      })}
    </svg>
  );
}
