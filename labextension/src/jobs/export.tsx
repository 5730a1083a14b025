// The export page: what goes into the job and why, its name, and how it compares once it is written.

import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IClient } from '../api/client';
import { asCallError, type CallError } from '../api/errors';
import type { IOpener } from '../api/opener';
import { parseCell } from '../notebook/cursor';
import type { INotebooks } from '../notebook/tokens';
import type { ITasks, Task } from '../tasks/tokens';
import { useSignal, useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { Button, IconButton, Link, Notice, Trouble } from '../ui/parts';
import { TaskRow } from '../ui/taskrow';
import { useFeed } from '../ui/usefeed';
import { isJob, type JobsModel, suggestName } from './model';
import { SliceView } from './slice';
import type { Job, Slice } from './tokens';
import { VerificationView } from './verification';

type Props = {
  cell: string;
  client: IClient;
  model: JobsModel;
  notebooks: INotebooks;
  opener: IOpener;
  tasks: ITasks;
};

/** The page that exports a cell, named as `<notebook>#<cell id>`. */
export function exportPage(props: Props): React.ReactNode {
  return <ExportPage {...props} />;
}

/** What became of the export so far. */
type Outcome = { task?: Task; job?: Job; error?: CallError };

/** Starts an export and follows it to its end. */
function useExport(props: Props): [Outcome, (name: string, verify: boolean) => Promise<void>] {
  const trans = useTrans();
  const [outcome, setOutcome] = React.useState<Outcome>({});
  const { client, model, notebooks, tasks } = props;
  const start = async (name: string, verify: boolean): Promise<void> => {
    const { path, cell } = parseCell(props.cell);
    try {
      const body = {
        notebook: path,
        cells: [cell],
        name,
        kernel_id: notebooks.kernelOf(path),
        verify
      };
      const task = await client.call('post', '/jobs/export', { body });
      setOutcome({ task });
      const ended = await tasks.follow(task);
      if (ended.state === 'done' && isJob(ended.result)) {
        setOutcome({ job: ended.result });
      } else {
        const message =
          ended.state === 'cancelled' ? trans.__('The export was cancelled.') : ended.error;
        setOutcome({
          error: asCallError(new Error([message, ended.hint].filter(Boolean).join(' ')))
        });
      }
      await model.feed.refresh();
    } catch (reason) {
      setOutcome({ error: asCallError(reason) });
    }
  };
  return [outcome, start];
}

function ExportPage(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { client, opener, model } = props;
  const { path, cell } = parseCell(props.cell);
  const [name, setName] = React.useState(() => suggestName(path));
  const [outcome, start] = useExport(props);
  const feed = useFeed<Slice>(
    {
      name: 'perijove:preview-job',
      fetch: () => client.call('post', '/jobs/preview', { body: { notebook: path, cells: [cell] } })
    },
    [client, props.cell]
  );
  useSignal(feed.changed);
  const blocked = Boolean(outcome.task) || !name.trim() || feed.value === undefined;
  return (
    <div className="pj-ExportPage">
      <div className="pj-Toolbar" role="toolbar" aria-label={trans.__('Export')}>
        <IconButton
          icon={refreshIcon}
          label={trans.__('Look at the cell again')}
          onClick={() => void feed.refresh()}
        />
        <label className="pj-Jobs-name">
          {trans.__('Job')}
          <input
            className="pj-In"
            aria-label={trans.__('Job name')}
            value={name}
            onChange={event => setName(event.target.value)}
          />
        </label>
        <span className="pj-Dim">{trans.__('from')}</span>
        <Link label={path} onClick={() => opener.open(`cell:${props.cell}`)} />
        <span className="pj-Spacer" />
        <Button
          label={trans.__('Write package')}
          primary={!model.verifyAfterExport}
          disabled={blocked}
          onClick={() => void start(name.trim(), false)}
        />
        <Button
          label={trans.__('Write and verify')}
          primary={model.verifyAfterExport}
          disabled={blocked}
          onClick={() => void start(name.trim(), true)}
        />
      </div>
      <Progress {...props} outcome={outcome} />
      <FeedView feed={feed}>{slice => <SliceView slice={slice} opener={opener} />}</FeedView>
    </div>
  );
}

function Progress(props: Props & { outcome: Outcome }): React.JSX.Element | null {
  const trans = useTrans();
  const { outcome, tasks, opener } = props;
  useSignal(tasks.changed);
  const { task, job, error } = outcome;
  if (task) {
    const now = tasks.get(task.id) ?? task;
    return (
      <div className="pj-Jobs-progress">
        <TaskRow task={now} cancel={id => void tasks.cancel(id)} />
        {now.message && <div className="pj-Note pj-Pad">{now.message}</div>}
      </div>
    );
  }
  if (error) {
    return <Trouble error={error} />;
  }
  if (!job) {
    return null;
  }
  const open = { label: trans.__('Open the job'), onClick: () => opener.open(`job:${job.name}`) };
  return (
    <>
      <Notice
        sign="tick"
        title={trans._n('%1 file written', '%1 files written', job.files.length)}
        actions={[open]}
      >
        {job.path}
      </Notice>
      {job.verification && <VerificationView verification={job.verification} />}
    </>
  );
}
