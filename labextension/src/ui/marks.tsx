// A chart of single measurements over time: a mark for each, told apart by shape, with a dashed line to compare with.

import * as React from 'react';

import { across, Axes, type Plane, planeOf } from './chart';
import { linePath, type Range, rangeOf } from './scale';
import { timeTicks } from './time';

/** The shape of a mark; its size is the same for all. */
export type Shape = 'round' | 'square' | 'diamond';

/** One measurement: when (milliseconds since 1970), how much, and what its tip says; a bad one is filled and red. */
export type Mark = { at: number; value: number; shape: Shape; bad: boolean; tip: string };

const PATHS: Record<Shape, string> = {
  round: 'M0,-4a4,4 0 1 1 0,8a4,4 0 1 1 0,-8',
  square: 'M-3.5,-3.5h7v7h-7z',
  diamond: 'M0,-5L5,0L0,5L-5,0z'
};

/** The sign of a mark alone, for a legend. */
export function MarkSign(props: { shape: Shape; bad?: boolean }): React.JSX.Element {
  return (
    <svg className="pj-Chart-key" viewBox="-6 -6 12 12" width="12" height="12" aria-hidden="true">
      <MarkPath {...props} />
    </svg>
  );
}

function MarkPath(props: { shape: Shape; bad?: boolean }): React.JSX.Element {
  return (
    <path className={`pj-Chart-spot${props.bad ? ' pj-mod-bad' : ''}`} d={PATHS[props.shape]} />
  );
}

/** From which to which value a chart reaches: all marks and the line that they are compared with; from 0 where asked. */
export function reach(
  values: readonly number[],
  line: number | undefined,
  fromZero: boolean
): Range {
  const { low, high } = rangeOf([...values, ...(line === undefined ? [] : [line])]);
  const margin = (high - low) * 0.08;
  return { low: fromZero ? 0 : low - margin, high: high + margin };
}

/** Marks over time; `line` is drawn dashed; `sentence` says the same in words. */
export function Marks(props: {
  marks: readonly Mark[];
  sentence: string;
  line?: number;
  fromZero?: boolean;
  /** The times that the axis spans; charts above each other share one. */
  span: Range;
}): React.JSX.Element {
  const { fromZero = false, line, marks, sentence, span } = props;
  const ys = reach(
    marks.map(mark => mark.value),
    line,
    fromZero
  );
  const plane = planeOf(span, ys, { height: 170, inset: 10 });
  return (
    <svg
      className="pj-Chart"
      viewBox={`0 0 ${plane.width} ${plane.height}`}
      role="img"
      aria-label={sentence}
    >
      <Axes plane={plane} xTicks={timeTicks(span, 5)} />
      {line !== undefined && <path className="pj-Chart-limit" d={across(plane, line)} />}
      {(Object.keys(PATHS) as Shape[]).map(shape => (
        <path key={shape} className="pj-Chart-trace" d={trace(marks, shape, plane)} />
      ))}
      {marks.map((mark, index) => (
        <g
          key={`${mark.at}:${index}`}
          transform={`translate(${plane.x(mark.at).toFixed(1)},${plane.y(mark.value).toFixed(1)})`}
        >
          <title>{mark.tip}</title>
          <MarkPath shape={mark.shape} bad={mark.bad} />
        </g>
      ))}
    </svg>
  );
}

/** The thin line through the marks of one shape. */
function trace(marks: readonly Mark[], shape: Shape, plane: Plane): string {
  const same = marks.filter(mark => mark.shape === shape);
  return linePath(same.map(mark => ({ x: plane.x(mark.at), y: plane.y(mark.value) })));
}
