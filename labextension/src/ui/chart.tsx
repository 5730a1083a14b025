// Charts: no frame, horizontal grid only. A line has a band between least and greatest of each bucket.

import * as React from 'react';

import { figure } from './format';
import { at, bandPath, linePath, type Range, rangeOf, ticks } from './scale';

const LEFT = 52;
const RIGHT = 12;
const TOP = 8;
const BOTTOM = 22;

/** A number on an axis, and what stands there. */
export type Tick = { value: number; label: string };

/** The plane of a chart: where a number of each axis stands on the screen. */
export type Plane = {
  width: number;
  height: number;
  xs: Range;
  ys: Range;
  x: (value: number) => number;
  y: (value: number) => number;
};

type Size = { width?: number; height?: number; inset?: number };

/** The plane between two axes; `inset` keeps what is drawn off its left and right edge. */
export function planeOf(xs: Range, ys: Range, size: Size = {}): Plane {
  const { width = 460, height = 200, inset = 0 } = size;
  return {
    width,
    height,
    xs,
    ys,
    x: value => at(value, xs, LEFT + inset, width - RIGHT - inset),
    y: value => at(value, ys, height - BOTTOM, TOP)
  };
}

/** The path of a line across a plane at one value. */
export function across(plane: Plane, value: number): string {
  return `M${LEFT},${plane.y(value).toFixed(1)}H${plane.width - RIGHT}`;
}

/** The grid, and what stands at both axes. */
export function Axes(props: { plane: Plane; xTicks: readonly Tick[] }): React.JSX.Element {
  const { plane, xTicks } = props;
  return (
    <>
      {ticks(plane.ys, 4).map(tick => (
        <g key={`y${tick}`}>
          <path className="pj-Chart-grid" d={across(plane, tick)} />
          <text x={LEFT - 6} y={plane.y(tick) + 4} textAnchor="end">
            {figure(tick)}
          </text>
        </g>
      ))}
      {xTicks.map(({ label, value }) => (
        <text key={`x${value}`} x={plane.x(value)} y={plane.height - 6} textAnchor="middle">
          {label}
        </text>
      ))}
    </>
  );
}

/** What a line chart draws: values over steps, with least and greatest where each value stands for many. */
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
  const { line } = props;
  const [near, setNear] = React.useState<number>();
  const ys = rangeOf([...line.values, ...line.min, ...line.max]);
  const plane = planeOf(rangeOf([...line.steps]), ys, props);
  const { height, width, y } = plane;
  const places = line.steps.map(plane.x);
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
      <Axes plane={plane} xTicks={ticks(plane.xs, 5).map(numbered)} />
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

function numbered(value: number): Tick {
  return { value, label: figure(value) };
}

/** The index of the place nearest to a point. */
export function nearest(places: readonly number[], point: number): number | undefined {
  return places.reduce<number | undefined>(
    (best, place, index) =>
      best === undefined || Math.abs(place - point) < Math.abs(places[best] - point) ? index : best,
    undefined
  );
}
