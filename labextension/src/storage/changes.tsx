// The page of changes: two versions of a notebook, cell by cell, with what differs marked.

import { caretRightIcon, moveDownIcon, moveUpIcon, refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { useSignal, useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { Button, Empty, Icon, IconButton, Notice } from '../ui/parts';
import { attempt } from '../ui/say';
import { Seg } from '../ui/seg';
import { Cells, type Shared } from './cell';
import type { IColours } from './highlight';
import { focusNext, usePageKeys } from './keys';
import type { ChangesModel, Layout } from './model';
import { SidePicker } from './pickers';
import { useBackInSight } from './sight';
import { longName, nameOf, shortName } from './sides';
import type { CellChange, NotebookDiff } from './tokens';

/** What a page of changes works with. */
export type ChangesProps = {
  model: ChangesModel;
  colours: IColours | undefined;
  /** Ask for another notebook. */
  pickFile: () => Promise<string | undefined>;
  /** Ask whether to bring the notebook, or one cell of it, back. */
  confirmRestore: (model: ChangesModel, cell?: CellChange) => Promise<boolean>;
  /** Open the merge of the notebook. */
  merge: () => void;
  /** Keep how the person likes to see changes. */
  remember: (layout: Layout) => void;
};

/** The page of changes. */
export function changesPage(props: ChangesProps): React.ReactNode {
  return <ChangesPage {...props} />;
}

function ChangesPage(props: ChangesProps): React.JSX.Element {
  const { model } = props;
  const ref = React.useRef<HTMLDivElement>(null);
  useSignal(model.changed);
  React.useEffect(() => {
    model.feed.wake();
    return () => model.dispose();
  }, [model]);
  useBackInSight(ref, () => void model.feed.refresh());
  const move = (by: 1 | -1) => () => focusNext(ref.current, '.pj-Diff-cell', by);
  usePageKeys(ref, { n: move(1), p: move(-1) });
  return (
    <div ref={ref} className="pj-ChangesPage">
      <Toolbar {...props} move={move} />
      {model.inConflict && <InConflict {...props} />}
      <FeedView feed={model.feed}>{diff => <Body {...props} diff={diff} />}</FeedView>
    </div>
  );
}

function Toolbar(props: ChangesProps & { move: (by: 1 | -1) => () => void }): React.JSX.Element {
  const trans = useTrans();
  const { model, move } = props;
  const restore = useRestore(props);
  const setLayout = (layout: Layout): void => {
    model.layout = layout;
    props.remember(layout);
  };
  return (
    <div className="pj-Toolbar" role="toolbar" aria-label={trans.__('Changes')}>
      <Pickers {...props} />
      <Count diff={model.feed.value} />
      <Seg
        label={trans.__('Layout')}
        value={model.layout}
        onChange={setLayout}
        options={[
          ['side', trans.__('Side by side')],
          ['inline', trans.__('Inline')]
        ]}
      />
      <label className="pj-Check">
        <input
          type="checkbox"
          checked={model.outputs}
          onChange={event => void model.compareOutputs(event.target.checked)}
        />
        {trans.__('Outputs')}
      </label>
      <IconButton icon={moveUpIcon} label={trans.__('Previous change (P)')} onClick={move(-1)} />
      <IconButton icon={moveDownIcon} label={trans.__('Next change (N)')} onClick={move(1)} />
      <IconButton
        icon={refreshIcon}
        className="pj-Diff-refresh"
        label={trans.__('Refresh')}
        onClick={() => void model.feed.refresh()}
      />
      <span className="pj-Spacer" />
      <Button
        label={trans.__('Restore…')}
        disabled={!model.canRestore || !model.feed.value?.changed}
        title={
          model.canRestore
            ? trans.__('Bring the notebook back to the version on the left')
            : trans.__('Choose a commit before and the working copy after to restore')
        }
        onClick={() => restore()}
      />
    </div>
  );
}

/** Which version before, which after. */
function Pickers(props: ChangesProps): React.JSX.Element {
  const { model, pickFile } = props;
  return (
    <>
      <SidePicker
        model={model}
        which="before"
        pickFile={pickFile}
        choose={choice => void model.choose('before', choice)}
      />
      <Icon icon={caretRightIcon} />
      <SidePicker
        model={model}
        which="after"
        pickFile={pickFile}
        choose={choice => void model.choose('after', choice)}
      />
    </>
  );
}

/** How many cells changed; said aloud when it changes. */
function Count(props: { diff: NotebookDiff | undefined }): React.JSX.Element {
  const trans = useTrans();
  const { diff } = props;
  const words = diff && trans.__('%1 of %2 cells', String(diff.changed), String(diff.cells.length));
  return (
    <span className="pj-Diff-count pj-Dim" aria-live="polite">
      {words}
    </span>
  );
}

function InConflict(props: ChangesProps): React.JSX.Element {
  const trans = useTrans();
  const name = nameOf(props.model.path);
  return (
    <Notice
      sign="bad"
      title={trans.__('%1 has merge conflicts.', name)}
      actions={[{ label: trans.__('Resolve the merge'), onClick: props.merge }]}
    >
      {trans.__('Both sides changed the same cells, and git waits until somebody chooses.')}
    </Notice>
  );
}

/** Ask, then bring back. */
function useRestore(props: ChangesProps): (cell?: CellChange) => void {
  const { confirmRestore, model } = props;
  return cell =>
    void attempt(async () => {
      if (await confirmRestore(model, cell)) {
        await model.restore(cell?.id);
      }
    });
}

function Body(props: ChangesProps & { diff: NotebookDiff }): React.JSX.Element {
  const trans = useTrans();
  const { colours, diff, model } = props;
  const restore = useRestore(props);
  const { versions } = model;
  if (diff.changed === 0 && !diff.metadata?.length) {
    return <NothingChanged {...props} />;
  }
  const shared: Shared = {
    colours,
    layout: model.layout,
    language: diff.language ?? 'python',
    names: [shortName(model.before, versions, trans), shortName(model.after, versions, trans)],
    blobOf: (sha, mime) => model.blob(sha, mime),
    onRestore: model.canRestore ? restore : undefined
  };
  const before = longName(model.before, versions, diff.beforeName, trans);
  const after = longName(model.after, versions, diff.afterName, trans);
  return (
    <>
      <div className={`pj-Diff-sides pj-mod-${model.layout}`}>
        <span title={before}>{before}</span>
        {model.layout === 'inline' && <Icon icon={caretRightIcon} />}
        <span title={after}>{after}</span>
      </div>
      {diff.metadata && diff.metadata.length > 0 && (
        <div className="pj-Diff-note pj-Note">
          {trans.__('The notebook’s own metadata changed: %1', diff.metadata.join(', '))}
        </div>
      )}
      <div className="pj-Diff-cells" role="group" aria-label={trans.__('Cells')}>
        <Cells {...shared} cells={diff.cells} />
      </div>
    </>
  );
}

function NothingChanged(props: ChangesProps): React.JSX.Element {
  const trans = useTrans();
  const { model } = props;
  const { versions } = model;
  const name = nameOf(model.path);
  if (versions.length === 0 && model.before.kind === 'disk' && model.after.kind === 'disk') {
    return (
      <Notice sign="off" title={trans.__('No version of %1 is committed yet.', name)}>
        {trans.__(
          'What changes is seen against a commit of git, against another notebook, or between the open document and the file: choose above.'
        )}
      </Notice>
    );
  }
  const at = versions.findIndex(version => version.rev === model.before.value);
  const older = model.before.kind === 'commit' && at >= 0 ? versions[at + 1] : undefined;
  const actions = older && [
    {
      label: trans.__('Compare with the version before, %1', older.short),
      onClick: () => void model.choose('before', { kind: 'commit', value: older.rev })
    }
  ];
  return (
    <div className="pj-Diff-empty">
      <Empty
        text={
          at === 0
            ? trans.__('Nothing changed since the last commit, %1.', versions[0].short)
            : trans.__('Nothing changed since %1.', shortName(model.before, versions, trans))
        }
        actions={actions}
      />
    </div>
  );
}
