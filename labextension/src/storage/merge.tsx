// The page of a merge: what merged by itself, the conflicts with their choices, and finishing it.

import type { TranslationBundle } from '@jupyterlab/translation';
import { moveDownIcon, moveUpIcon, refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { useSignal, useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { Button, IconButton, Notice } from '../ui/parts';
import { attempt } from '../ui/say';
import { State } from '../ui/state';
import { Conflict } from './conflict';
import type { IColours } from './highlight';
import { focusNext, usePageKeys } from './keys';
import { Merged } from './merged';
import type { Chosen, MergeModel } from './merging';
import { Fold } from './rows';
import { nameOf } from './sides';
import { useBackInSight } from './sight';
import type { MergeCell, MergeView } from './tokens';

/** What a page of a merge works with. */
export type MergeProps = {
  model: MergeModel;
  colours: IColours | undefined;
  /** Ask whether to stop; the choices are lost then. */
  confirmStop: (model: MergeModel) => Promise<boolean>;
  /** The merge is finished. */
  finished: () => void;
  /** Leave the page. */
  close: () => void;
  /** Open the notebook. */
  open: () => void;
};

/** The page of a merge. */
export function mergePage(props: MergeProps): React.ReactNode {
  return <MergePage {...props} />;
}

function MergePage(props: MergeProps): React.JSX.Element {
  const { model } = props;
  const ref = React.useRef<HTMLDivElement>(null);
  useSignal(model.changed);
  React.useEffect(() => {
    model.feed.wake();
    return () => model.dispose();
  }, [model]);
  useBackInSight(ref, () => void model.feed.refresh());
  const move = (by: 1 | -1) => () => focusNext(ref.current, '.pj-Merge-conflict', by);
  const choose = (pick: Chosen) => () => {
    const cell = currentConflict(ref.current, model);
    const { ours = null, theirs = null } = cell?.conflict ?? {};
    if (cell && (pick !== 'both' || (ours !== null && theirs !== null))) {
      model.pick(cell.id, pick);
    }
  };
  usePageKeys(ref, {
    n: move(1),
    p: move(-1),
    1: choose('ours'),
    2: choose('theirs'),
    3: choose('both')
  });
  return (
    <div ref={ref} className="pj-MergePage">
      <Toolbar {...props} move={move} />
      <FeedView feed={model.feed}>{view => <Body {...props} view={view} />}</FeedView>
    </div>
  );
}

/** The conflict with the focus, else the first that is open, else the first. */
function currentConflict(root: HTMLElement | null, model: MergeModel): MergeCell | undefined {
  const focused = document.activeElement?.closest<HTMLElement>('.pj-Merge-conflict');
  const inside = focused && root?.contains(focused) ? focused.dataset.cell : undefined;
  const { conflicts } = model;
  return (
    conflicts.find(cell => cell.id === inside) ??
    conflicts.find(cell => !model.pickOf(cell.id)) ??
    conflicts[0]
  );
}

function Toolbar(props: MergeProps & { move: (by: 1 | -1) => () => void }): React.JSX.Element {
  const trans = useTrans();
  const { close, confirmStop, finished, model, move } = props;
  const stop = async (): Promise<void> => {
    if (!model.touched || (await confirmStop(model))) {
      close();
    }
  };
  const finish = async (): Promise<void> => {
    await model.finish();
    finished();
  };
  return (
    <div className="pj-Toolbar" role="toolbar" aria-label={trans.__('Merge')}>
      <Progress model={model} />
      <span className="pj-Spacer" />
      <IconButton icon={moveUpIcon} label={trans.__('Previous conflict (P)')} onClick={move(-1)} />
      <IconButton icon={moveDownIcon} label={trans.__('Next conflict (N)')} onClick={move(1)} />
      <IconButton
        icon={refreshIcon}
        label={trans.__('Refresh')}
        onClick={() => void model.feed.refresh()}
      />
      <Button label={trans.__('Stop merge')} onClick={() => void stop()} />
      <Button
        label={trans.__('Finish')}
        primary
        disabled={!model.ready}
        title={
          model.open > 0
            ? trans.__('Choose for each conflict first')
            : trans.__('Write the merged notebook')
        }
        onClick={() => void attempt(finish)}
      />
    </div>
  );
}

/** How many conflicts are open, and what merged by itself; said aloud when it changes. */
function Progress(props: { model: MergeModel }): React.JSX.Element | null {
  const trans = useTrans();
  const { model } = props;
  const view = model.feed.value;
  if (!view) {
    return null;
  }
  const { open } = model;
  const total = model.conflicts.length;
  const words =
    open === 0
      ? trans._n('%1 conflict, chosen', '%1 conflicts, all chosen', total, total)
      : open === total
        ? trans._n('%1 conflict', '%1 conflicts', total, total)
        : trans.__('%1 of %2 conflicts left', String(open), String(total));
  return (
    <>
      <span className="pj-Merge-progress" aria-live="polite">
        <State sign={open ? 'bad' : 'tick'} word={words} />
      </span>
      <span className="pj-Dim">
        {trans._n('%1 merged by itself', '%1 merged by themselves', view.merged, view.merged)}
      </span>
    </>
  );
}

function Body(props: MergeProps & { view: MergeView }): React.JSX.Element {
  const trans = useTrans();
  const { model, open, view } = props;
  const name = nameOf(view.path || model.path);
  if (model.conflicts.length === 0) {
    return (
      <Notice
        sign="tick"
        title={trans.__('%1 has no conflict.', name)}
        actions={[{ label: trans.__('Open the notebook'), onClick: open }]}
      >
        {trans.__('There is nothing to choose.')}
      </Notice>
    );
  }
  const places = model.conflicts.map(cell => `[${view.cells.indexOf(cell) + 1}]`);
  return (
    <>
      <div className="pj-Diff-sides pj-mod-inline">
        <span>{headline(view, name, trans)}</span>
      </div>
      <div className="pj-Merge-cells" role="group" aria-label={trans.__('Cells')}>
        <MergeCells {...props} />
      </div>
      <div className="pj-Merge-note pj-Note">
        {trans.__(
          'Saving is paused for %1 only. Nothing is written before Finish.',
          places.join(', ')
        )}
      </div>
    </>
  );
}

/** What is merged with what: “churn.py: yours with tuning”. */
function headline(view: MergeView, name: string, trans: TranslationBundle): string {
  const theirs = view.theirsName === 'theirs' ? trans.__('theirs') : view.theirsName;
  return ['HEAD', 'yours', ''].includes(view.oursName)
    ? trans.__('%1: yours with %2', name, theirs)
    : trans.__('%1: yours (%2) with %3', name, view.oursName, theirs);
}

type Group = { same: boolean; cells: { cell: MergeCell; place: number }[] };

function MergeCells(props: MergeProps & { view: MergeView }): React.JSX.Element {
  const trans = useTrans();
  const { colours, model, view } = props;
  const { conflicts } = model;
  const code = { colours, language: view.language ?? 'python' };
  return (
    <>
      {groupsOf(view.cells).map(({ same, cells }) =>
        same ? (
          <Fold
            key={cells[0].cell.id}
            label={trans._n('%1 cell the same', '%1 cells the same', cells.length, cells.length)}
          >
            {() => cells.map(one => <Merged key={one.place} {...one} {...code} />)}
          </Fold>
        ) : (
          cells.map(({ cell, place }) =>
            cell.conflict ? (
              <Conflict
                key={cell.id}
                model={model}
                cell={cell}
                place={place}
                number={conflicts.indexOf(cell) + 1}
                colours={colours}
                language={cell.cellType === 'code' ? (view.language ?? 'python') : ''}
              />
            ) : (
              <Merged key={cell.id} cell={cell} place={place} {...code} />
            )
          )
        )
      )}
    </>
  );
}

/** Cells that follow each other, equal ones apart from others. */
function groupsOf(cells: readonly MergeCell[]): Group[] {
  const found: Group[] = [];
  cells.forEach((cell, index) => {
    const same = cell.state === 'same' && !cell.conflict;
    const last = found.at(-1);
    if (last?.same === same) {
      last.cells.push({ cell, place: index + 1 });
    } else {
      found.push({ same, cells: [{ cell, place: index + 1 }] });
    }
  });
  return found;
}
