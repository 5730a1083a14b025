// One cell of a comparison: its head, its lines, its outputs; and folds of equal cells.

import { undoIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { useTrans } from '../ui/context';
import { IconButton } from '../ui/parts';
import { Seg } from '../ui/seg';
import { State } from '../ui/state';
import { type BlobOf, Pictures, type PictureView } from './images';
import type { Layout } from './model';
import { type Colouring, Fold, Lines, Nothing } from './rows';
import type { CellChange, Line, OutputChange } from './tokens';
import {
  cellSummary,
  cellType,
  changeState,
  foldName,
  groups,
  isPicture,
  outputLines,
  outputName,
  partName,
  plainLines,
  placeOf
} from './words';

/** What all cells of a comparison share. */
export type Shared = {
  layout: Layout;
  language: string;
  colours: Colouring['colours'];
  names: [string, string];
  blobOf: BlobOf;
  /** Brings a cell back, where that can be. */
  onRestore?: (cell: CellChange) => void;
};

/** All cells in order, equal ones folded. */
export function Cells(props: Shared & { cells: readonly CellChange[] }): React.JSX.Element {
  return (
    <>
      {groups(props.cells).map(group =>
        group[0].kind === 'same' ? (
          <SameCells key={group[0].id} {...props} cells={group} />
        ) : (
          <Cell key={`${group[0].kind}:${group[0].id}`} {...props} cell={group[0]} />
        )
      )}
    </>
  );
}

function SameCells(props: Shared & { cells: CellChange[] }): React.JSX.Element {
  const trans = useTrans();
  return (
    <Fold label={foldName(props.cells, trans)}>
      {() =>
        props.cells.map(cell => (
          <div key={cell.id} role="group" aria-label={trans.__('Cell %1', placeOf(cell))}>
            <div className="pj-Diff-head">
              <code>[{placeOf(cell)}]</code>
              <span className="pj-Diff-what">{cellType(cell.cellType, trans)}</span>
            </div>
            <Source {...props} cell={cell} whole />
          </div>
        ))
      }
    </Fold>
  );
}

function Cell(props: Shared & { cell: CellChange }): React.JSX.Element {
  const trans = useTrans();
  const { cell, onRestore } = props;
  const { sign, word } = changeState(cell.kind, trans);
  const summary = cellSummary(cell, trans);
  const lines = cell.lines ?? [];
  const shown = lines.some(line => line.kind !== 'same');
  return (
    <div
      className="pj-Diff-cell"
      role="group"
      tabIndex={-1}
      data-cell={cell.id}
      aria-label={trans.__('Cell %1, %2: %3', placeOf(cell), summary, word)}
    >
      <div className="pj-Diff-head">
        <code>[{placeOf(cell)}]</code>
        <span className="pj-Diff-what">{summary}</span>
        {onRestore && cell.kind !== 'added' && (
          <IconButton
            icon={undoIcon}
            className="pj-Diff-restore"
            label={
              cell.kind === 'removed'
                ? trans.__('Bring this cell back…')
                : trans.__('Restore cell…')
            }
            onClick={() => onRestore(cell)}
          />
        )}
        <State sign={sign} word={word} />
      </div>
      {shown && <Source {...props} cell={cell} />}
      {(cell.outputs ?? []).map((output, index) => (
        <Output key={index} {...props} place={placeOf(cell)} output={output} />
      ))}
    </div>
  );
}

function Source(props: Shared & { cell: CellChange; whole?: boolean }): React.JSX.Element {
  const { cell, colours, language, layout, whole } = props;
  return (
    <Lines
      lines={cell.lines ?? []}
      layout={layout}
      whole={whole}
      missing={cell.kind === 'added' ? 'before' : cell.kind === 'removed' ? 'after' : undefined}
      colouring={{ colours, language: cell.cellType === 'code' ? language : '' }}
    />
  );
}

function Output(props: Shared & { place: string; output: OutputChange }): React.JSX.Element {
  const trans = useTrans();
  const { output, place } = props;
  const [view, setView] = React.useState<PictureView>('side');
  const { sign, word } = changeState(output.kind, trans);
  const picture = isPicture(output.after ?? output.before);
  return (
    <div role="group" aria-label={trans.__('Cell %1, %2', place, outputName(output, trans))}>
      <div className="pj-Diff-head">
        <code>[{place}]</code>
        <span className="pj-Diff-what">{outputName(output, trans)}</span>
        {picture && output.kind === 'changed' && (
          <Seg
            label={trans.__('How to compare the pictures')}
            value={view}
            onChange={setView}
            options={[
              ['side', trans.__('Side by side')],
              ['swipe', trans.__('Swipe')],
              ['onion', trans.__('Onion')]
            ]}
          />
        )}
        <State sign={sign} word={word} />
      </div>
      <OutputBody {...props} view={view} picture={picture} />
    </div>
  );
}

function OutputBody(
  props: Shared & { output: OutputChange; view: PictureView; picture: boolean }
): React.JSX.Element {
  const { names, output, picture, blobOf, view } = props;
  const lines = outputLines(output);
  if (picture) {
    return <Pictures {...output} names={names} blobOf={blobOf} view={view} />;
  }
  return lines.some(line => line.kind !== 'same') ? (
    <OutputText {...props} lines={lines} />
  ) : (
    <NotCompared {...props} />
  );
}

function OutputText(props: Shared & { output: OutputChange; lines: Line[] }): React.JSX.Element {
  const { layout, lines, output } = props;
  return (
    <Lines
      lines={lines}
      layout={layout}
      numbers={false}
      missing={output.kind === 'added' ? 'before' : output.kind === 'removed' ? 'after' : undefined}
      colouring={{ colours: undefined, language: '' }}
    />
  );
}

/** Outputs that differ but were not compared: what they are, and their texts on demand. */
function NotCompared(props: Shared & { output: OutputChange }): React.JSX.Element {
  const trans = useTrans();
  const { output } = props;
  const lines = plainLines(output);
  return (
    <>
      <div className="pj-Diff-pairs">
        {[output.before, output.after].map((part, index) =>
          part ? (
            <div key={index} className="pj-Diff-part">
              {partName(part)}
            </div>
          ) : (
            <Nothing key={index} />
          )
        )}
      </div>
      {lines.length > 0 && (
        <Fold label={trans.__('Show both, not compared line by line')}>
          {() => <OutputText {...props} lines={lines} />}
        </Fold>
      )}
    </>
  );
}
