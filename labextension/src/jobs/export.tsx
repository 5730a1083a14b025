// The export page: what goes into the job and why, where it goes, and how it compares once it is written.

import { caretDownEmptyIcon, refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IOpener } from '../api/opener';
import type { ITasks } from '../tasks/tokens';
import { useSignal, useTrans } from '../ui/context';
import { Button, Icon, IconButton, Link, Notice, Skeleton, Trouble } from '../ui/parts';
import { Seg } from '../ui/seg';
import { State } from '../ui/state';
import { TaskRow } from '../ui/taskrow';
import type { ExportModel, Order } from './exporting';
import { placeWord } from './form';
import type { JobsModel } from './model';
import { Sides } from './sides';
import { SliceView } from './slice';
import { Where } from './target';
import type { Slice } from './tokens';
import { VerificationView } from './verification';
import { wishWord } from './words';

type Props = {
  model: ExportModel;
  jobs: JobsModel;
  opener: IOpener;
  tasks: ITasks;
  /** Save the notebook, so that what is sliced is what is seen. */
  save: () => Promise<void>;
};

/** The page of an export. */
export function exportPage(props: Props): React.ReactNode {
  return <ExportPage {...props} />;
}

function ExportPage(props: Props): React.JSX.Element {
  const { model } = props;
  useSignal(model.changed);
  React.useEffect(() => {
    model.feed.wake();
    void model.load();
    return () => model.dispose();
  }, [model]);
  return (
    <div className="pj-ExportPage">
      <Toolbar {...props} />
      <Where model={model} />
      <div className="pj-Jobs-body">
        <Preview {...props} />
      </div>
      <Progress {...props} />
    </div>
  );
}

function Toolbar(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { jobs, model, opener, save } = props;
  const { notebook, cells } = model.wish;
  const place = cells[0] ? `cell:${notebook}#${cells[0]}` : `notebook:${notebook}`;
  const again = async (): Promise<void> => {
    await save();
    await model.feed.refresh();
  };
  return (
    <div className="pj-Toolbar" role="toolbar" aria-label={trans.__('Export')}>
      <IconButton
        icon={refreshIcon}
        label={trans.__('Save the notebook and look again')}
        onClick={() => void again()}
      />
      <label className="pj-Jobs-name">
        <span className="pj-Dim">{trans.__('Job')}</span>
        <input
          className="pj-In"
          aria-label={trans.__('Job name')}
          value={model.name}
          onChange={event => model.set({ name: event.target.value })}
        />
      </label>
      <span className="pj-Dim pj-Jobs-fixed">{trans.__('from')}</span>
      <span className="pj-Jobs-from">
        <Link label={notebook} title={notebook} onClick={() => opener.open(place)} />{' '}
        {wishWord(model.wish, model.feed.value?.view ?? [], trans)}
      </span>
      <span className="pj-Dim pj-Jobs-fixed">{trans.__('to')}</span>
      <TargetSelect model={model} />
      <span className="pj-Spacer" />
      <Button
        label={trans.__('Write')}
        primary={!jobs.verifyAfterExport}
        disabled={!model.ready}
        title={trans.__('Write the package; nothing is run')}
        onClick={() => void model.start(false)}
      />
      <Button
        label={trans.__('Write and verify')}
        primary={jobs.verifyAfterExport}
        disabled={!model.ready}
        title={trans.__('Write the package, run it in a fresh environment, and compare')}
        onClick={() => void model.start(true)}
      />
    </div>
  );
}

function TargetSelect(props: { model: ExportModel }): React.JSX.Element {
  const trans = useTrans();
  const { model } = props;
  const targets = [...model.targets].sort((one, other) =>
    one.name === 'folder' ? -1 : other.name === 'folder' ? 1 : one.label.localeCompare(other.label)
  );
  return (
    <span className="pj-Sel">
      <span className="pj-Sel-text" aria-hidden="true">
        {placeWord(model.chosenTarget, model.options, model.name, trans)}
      </span>
      <Icon icon={caretDownEmptyIcon} />
      <select
        aria-label={trans.__('Where the job goes')}
        value={model.target}
        onChange={event => model.set({ target: event.target.value, options: {} })}
      >
        {targets.map(target => (
          <option key={target.name} value={target.name} disabled={Boolean(target.problem)}>
            {target.problem ? trans.__('%1 (broken)', target.label) : target.label}
          </option>
        ))}
      </select>
    </span>
  );
}

function Preview(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { model, opener } = props;
  const { feed, wish } = model;
  const slice = feed.value;
  const actions = [
    { label: trans.__('Try again'), onClick: () => void feed.refresh() },
    ...(model.before
      ? [{ label: trans.__('Undo the last change'), onClick: () => void model.undo() }]
      : [])
  ];
  const trouble = feed.error && (
    <Notice sign="bad" title={feed.error.message} actions={actions}>
      {feed.error.hint}
    </Notice>
  );
  if (!slice) {
    return <>{trouble ?? <Skeleton rows={8} label={trans.__('Looking at the notebook')} />}</>;
  }
  const only = (variable: string): void =>
    void model.choose({ ...wish, cells: [], ref: '', variable });
  return (
    <div className="pj-Columns">
      <div className="pj-Columns-main">
        {trouble}
        <Order {...props} slice={slice} />
        <SliceView
          slice={slice}
          forced={model.forced}
          chosen={wish.cells}
          toggle={(view, line) => void model.toggle(view, line)}
          free={() => void model.free()}
        />
      </div>
      <div className="pj-Columns-side">
        <Sides slice={slice} opener={opener} variable={wish.variable} only={only} />
      </div>
    </div>
  );
}

function Order(props: Props & { slice: Slice }): React.JSX.Element {
  const trans = useTrans();
  const { model, slice } = props;
  const order: Order = model.order === 'auto' ? (slice.order ?? 'document') : model.order;
  const how =
    order === 'log'
      ? trans.__('In the order the kernel ran the cells, deleted and repeated ones included.')
      : trans.__('In the order of the notebook, each cell once.');
  return (
    <div className="pj-Jobs-order">
      <Seg
        label={trans.__('Order of the cells')}
        value={order}
        options={[
          ['log', trans.__('As it ran')],
          ['document', trans.__('As it stands')]
        ]}
        onChange={value => void model.sort(value)}
      />
      <span className="pj-Note">{how}</span>
    </div>
  );
}

function Progress(props: Props): React.JSX.Element | null {
  const trans = useTrans();
  const { model, opener, tasks } = props;
  useSignal(tasks.changed);
  const { task, job, error } = model.outcome;
  if (task) {
    const now = tasks.get(task.id) ?? task;
    return (
      <div className="pj-Jobs-dock" aria-live="polite">
        <TaskRow task={now} cancel={id => void tasks.cancel(id)} />
        <div className="pj-Note pj-Jobs-note">{now.message || trans.__('Begins…')}</div>
      </div>
    );
  }
  if (error) {
    return (
      <div className="pj-Jobs-dock">
        <Trouble error={error} />
      </div>
    );
  }
  if (!job) {
    return null;
  }
  return (
    <div className="pj-Jobs-dock">
      <div className="pj-Jobs-written" role="status">
        <State
          sign="tick"
          word={trans._n('%1 file written', '%1 files written', job.files.length, job.files.length)}
        />
        <span className="pj-Dim" title={job.path}>
          {job.path}
        </span>
        <Link label={trans.__('Open the job')} onClick={() => opener.open(`job:${job.name}`)} />
      </div>
      {job.verification && <VerificationView verification={job.verification} />}
    </div>
  );
}
