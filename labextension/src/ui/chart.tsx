// A line chart: no frame, horizontal grid only, with the band between least and greatest of each bucket.

import * as React from 'react';

import { figure } from './format';
import { at, bandPath, linePath, rangeOf, ticks } from './scale';

const LEFT = 52;
const RIGHT = 12;
const TOP = 8;
const BOTTOM = 22;

/** What a chart draws: values over steps, with least and greatest where each value stands for many. */
export type Line = {
  steps: readonly number[];
  values: readonly (number | null)[];
  min: readonly (number | null)[];
  max: readonly (number | null)[];
};

/** A line with its band; `sentence` says the same in words. */
export function Chart(props: {
  line: Line;
  sentence: string;
  width?: number;
  height?: number;
}): React.JSX.Element {
  const { line, width = 460, height = 200 } = props;
  const [near, setNear] = React.useState<number>();
  const ys = rangeOf([...line.values, ...line.min, ...line.max]);
  const xs = rangeOf([...line.steps]);
  const x = (step: number): number => at(step, xs, LEFT, width - RIGHT);
  const y = (value: number): number => at(value, ys, height - BOTTOM, TOP);
  const places = line.steps.map(x);
  const up = (values: readonly (number | null)[]): (number | null)[] =>
    values.map(value => (value === null ? null : y(value)));
  const points = line.values.map((value, index) =>
    value === null ? null : { x: places[index], y: y(value) }
  );
  const follow = (event: React.MouseEvent<SVGSVGElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const mouse = ((event.clientX - box.left) / box.width) * width;
    setNear(nearest(places, mouse));
  };
  const marked = near === undefined ? null : points[near];
  return (
    <svg
      className="pj-Chart"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={props.sentence}
      onMouseMove={follow}
      onMouseLeave={() => setNear(undefined)}
    >
      {ticks(ys, 4).map(tick => (
        <g key={`y${tick}`}>
          <path className="pj-Chart-grid" d={`M${LEFT},${y(tick)}H${width - RIGHT}`} />
          <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end">
            {figure(tick)}
          </text>
        </g>
      ))}
      {ticks(xs, 5).map(tick => (
        <text key={`x${tick}`} x={x(tick)} y={height - 6} textAnchor="middle">
          {figure(tick)}
        </text>
      ))}
      <path className="pj-Chart-band" d={bandPath(places, up(line.min), up(line.max))} />
      <path className="pj-Chart-line" d={linePath(points)} />
      {marked && near !== undefined && (
        <g>
          <circle className="pj-Chart-mark" cx={marked.x} cy={marked.y} r="3" />
          <text className="pj-Chart-tip" x={width - RIGHT} y={TOP + 6} textAnchor="end">
            {`${figure(line.steps[near])}: ${figure(line.values[near])}`}
          </text>
        </g>
      )}
    </svg>
  );
}

/** The index of the place nearest to a point. */
export function nearest(places: readonly number[], point: number): number | undefined {
  return places.reduce<number | undefined>(
    (best, place, index) =>
      best === undefined || Math.abs(place - point) < Math.abs(places[best] - point) ? index : best,
    undefined
  );
}
