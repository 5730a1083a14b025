// A cell of a merge that needs nobody: what became of it, and its lines on demand.

import * as React from 'react';

import { useTrans } from '../ui/context';
import { State } from '../ui/state';
import type { IColours } from './highlight';
import { Lines } from './rows';
import type { Line, MergeCell } from './tokens';
import { mergeState, mergeSummary } from './words';

/** One line that unfolds. */
export function Merged(props: {
  cell: MergeCell;
  place: number;
  colours: IColours | undefined;
  language: string;
}): React.JSX.Element {
  const trans = useTrans();
  const { cell, colours, language, place } = props;
  const [open, setOpen] = React.useState(false);
  return (
    <>
      <button
        type="button"
        className="pj-Diff-head pj-Merge-merged"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <span className={`pj-Twist${open ? ' pj-mod-open' : ''}`} aria-hidden="true" />
        <code>[{place}]</code>
        <span className="pj-Diff-what">{mergeSummary(cell, trans)}</span>
        <State {...mergeState(cell, trans)} />
      </button>
      {open && (
        <Lines
          lines={mergedLines(cell)}
          layout="inline"
          whole
          colouring={{ colours, language: cell.cellType === 'code' ? language : '' }}
        />
      )}
    </>
  );
}

/** The lines that a merge changed, or the source where they are not known. */
export function mergedLines(cell: MergeCell): Line[] {
  const { linesOurs = [], linesTheirs = [], source = '', state } = cell;
  const lines = linesTheirs.length > 0 && linesOurs.length === 0 ? linesTheirs : linesOurs;
  const kind = state === 'removed' ? 'removed' : state === 'added' ? 'added' : 'same';
  if (lines.length > 0 && linesOurs.length * linesTheirs.length === 0) {
    return lines;
  }
  return source.split('\n').map((text, index) => ({
    kind,
    before: kind === 'added' ? null : index + 1,
    after: kind === 'removed' ? null : index + 1,
    textBefore: text,
    textAfter: text
  }));
}
