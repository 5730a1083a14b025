// A job's page: its state and origin, its verification, its cells beside the notebook, its runs, monitor, files and lineage.

import { checkIcon, refreshIcon, runIcon as playIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { IClient } from '../api/client';
import type { ILive } from '../api/live';
import type { IOpener } from '../api/opener';
import { Lineage } from '../lineage/view';
import type { ITasks } from '../tasks/tokens';
import { useSignal, useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { moment } from '../ui/format';
import { jobIcon } from '../ui/icons';
import { Button, Empty, Icon, IconButton, Link, Notice, Trouble } from '../ui/parts';
import { State } from '../ui/state';
import { Tabs } from '../ui/tabs';
import { TaskRow } from '../ui/taskrow';
import { useFeed } from '../ui/usefeed';
import { ApproveButton, type Standing, standingFacts, useStanding } from './approve';
import { CellsView } from './cells';
import { CommandIDs } from './commands';
import { ConflictView, Updated } from './conflict';
import { approvalState, jobStates, type JobsModel } from './model';
import { MonitorView } from './monitor';
import { RunsView } from './runs';
import type { Job } from './tokens';
import type { UpdateModel } from './updating';
import { VerificationView } from './verification';

type Props = {
  name: string;
  client: IClient;
  live: ILive;
  opener: IOpener;
  tasks: ITasks;
  commands: CommandRegistry;
  jobs: JobsModel;
  updating: UpdateModel;
};
type Inner = Props & { job: Job; refresh: () => void };
type Fact = [string, React.ReactNode];

/** The command of storage that shows what changed in a notebook; it may be switched off. */
const SHOW_CHANGES = 'storage:show-changes';

/** The page of a job. */
export function jobPage(props: Props): React.ReactNode {
  return <JobPage {...props} />;
}

function JobPage(props: Props): React.JSX.Element {
  const { client, live, name, updating } = props;
  const feed = useFeed<Job>(
    {
      name: 'perijove:job',
      fetch: () => client.call('get', '/jobs/{name}', { path: { name } }),
      live,
      events: ['jobs.']
    },
    [client, name]
  );
  React.useEffect(() => () => updating.dispose(), [updating]);
  return (
    <FeedView feed={feed}>
      {job => <Body {...props} job={job} refresh={() => void feed.refresh()} />}
    </FeedView>
  );
}

function Body(props: Inner): React.JSX.Element {
  const { job, tasks, updating, refresh } = props;
  useSignal(tasks.changed);
  useSignal(updating.changed);
  const [tab, setTab] = useTab(props);
  const standing = useStanding(job, props.client, refresh);
  const running = tasks.running.filter(task => task.ref === `job:${job.name}`);
  const waiting = (job.conflicts ?? []).join('\n');
  React.useEffect(() => void updating.look(job), [updating, waiting]);
  const update = async (): Promise<void> => {
    setTab('verification');
    await updating.start(job);
    refresh();
  };
  return (
    <div className="pj-JobPage">
      <Toolbar
        {...props}
        busy={running.length > 0}
        update={() => void update()}
        standing={standing}
      />
      <Head {...props} standing={standing} />
      {running.map(task => (
        <div key={task.id} className="pj-Jobs-progress" aria-live="polite">
          <TaskRow task={task} cancel={id => void tasks.cancel(id)} />
          {task.message && <div className="pj-Note pj-Jobs-note">{task.message}</div>}
        </div>
      ))}
      {standing.error && <Trouble error={standing.error} />}
      {updating.error && <Trouble error={updating.error} />}
      {updating.done && <Updated update={updating.done} />}
      <ConflictView model={updating} busy={running.length > 0} apply={() => void update()} />
      <Parts {...props} busy={running.length > 0} tab={tab} setTab={setTab} />
    </div>
  );
}

/** The chosen tab: at first what needs a look, later where a click in the list leads to. */
function useTab({ job, jobs }: Inner): [string, (tab: string) => void] {
  const [tab, setTab] = React.useState(job.state === 'drifting' ? 'monitor' : 'verification');
  React.useEffect(() => {
    const follow = (_: JobsModel, to: { name: string; part: string }): void => {
      if (to.name === job.name) {
        setTab(to.part);
      }
    };
    jobs.led.connect(follow);
    return () => {
      jobs.led.disconnect(follow);
    };
  }, [jobs, job.name]);
  return [tab, setTab];
}

function Toolbar(
  props: Inner & { busy: boolean; update: () => void; standing: Standing }
): React.JSX.Element {
  const trans = useTrans();
  const { busy, commands, job, refresh, standing, update } = props;
  const start = (command: string) => () =>
    void commands.execute(command, { name: job.name }).then(refresh);
  const waits = (job.conflicts ?? []).length > 0;
  const behind = Boolean(job.behind) && !waits;
  return (
    <div className="pj-Toolbar" role="toolbar" aria-label={trans.__('Job')}>
      <IconButton icon={refreshIcon} label={trans.__('Refresh')} onClick={refresh} />
      <Button
        label={trans.__('Show folder')}
        plain
        onClick={() => void commands.execute(CommandIDs.reveal, { name: job.name })}
      />
      <span className="pj-Spacer" />
      <Button
        icon={playIcon}
        label={trans.__('Run')}
        disabled={busy}
        title={trans.__('Run the job in the environment of its lock')}
        onClick={start(CommandIDs.run)}
      />
      <Button
        label={trans.__('Update from notebook')}
        primary={behind}
        disabled={busy}
        title={trans.__('Merge what the notebook gives now; edits in the job stay')}
        onClick={update}
      />
      <Button
        icon={checkIcon}
        label={trans.__('Verify')}
        primary={!behind && !waits}
        disabled={busy}
        title={trans.__('Run the job in a fresh environment and compare with the notebook')}
        onClick={start(CommandIDs.verify)}
      />
      <ApproveButton job={job} busy={busy} standing={standing} />
    </div>
  );
}

function Parts(
  props: Inner & { busy: boolean; tab: string; setTab: (tab: string) => void }
): React.JSX.Element {
  const trans = useTrans();
  const { busy, client, commands, job, opener, refresh, tab, setTab, tasks } = props;
  const run = (): void => void commands.execute(CommandIDs.run, { name: job.name }).then(refresh);
  return (
    <Tabs
      label={trans.__('Parts of the job')}
      chosen={tab}
      onChoose={setTab}
      tabs={[
        {
          id: 'verification',
          title: trans.__('Verification'),
          render: () => <Verified {...props} />
        },
        {
          id: 'cells',
          title: trans.__('Cells and steps'),
          render: () => <CellsView job={job} client={client} opener={opener} />
        },
        {
          id: 'runs',
          title: trans.__('Runs'),
          render: () => <RunsView job={job} client={client} tasks={tasks} />
        },
        {
          id: 'monitor',
          title: trans.__('Monitor'),
          render: () => <MonitorView job={job} client={client} busy={busy} run={run} />
        },
        { id: 'files', title: trans.__('Files'), render: () => <Files job={job} /> },
        {
          id: 'lineage',
          title: trans.__('Lineage'),
          render: () => <Lineage center={`job:${job.name}`} client={client} opener={opener} />
        }
      ]}
    />
  );
}

function Head(props: Inner & { standing: Standing }): React.JSX.Element {
  const trans = useTrans();
  const { commands, job, opener, standing } = props;
  const approved = approvalState(job, trans);
  const open = (): void =>
    opener.open(job.cells[0] ? `cell:${job.notebook}#${job.cells[0]}` : `notebook:${job.notebook}`);
  const changes = (): void => void commands.execute(SHOW_CHANGES, { path: job.notebook });
  const facts: Fact[] = [
    [trans.__('From'), <Link label={job.notebook} onClick={open} />],
    ...(commands.hasCommand(SHOW_CHANGES)
      ? [
          [
            trans.__('Notebook'),
            <Link label={trans.__('Show changes')} onClick={changes} />
          ] as Fact
        ]
      : []),
    [
      trans.__('Run'),
      job.run ? (
        <Link label={job.run.slice(0, 8)} onClick={() => opener.open(`run:${job.run}`)} />
      ) : (
        '–'
      )
    ],
    ...standingFacts(job, standing, trans),
    [trans.__('Written'), moment(job.exportedAt)],
    [trans.__('Folder'), <span title={job.path}>{job.path}</span>]
  ];
  return (
    <div className="pj-Head">
      <h1>
        <Icon icon={jobIcon} />
        {job.name}
        {jobStates(job, trans).map(state => (
          <State key={state.word} {...state} />
        ))}
        {approved && <State {...approved} />}
      </h1>
      <div className="pj-Meta">
        {facts.map(([label, value]) => (
          <span key={label}>
            <span className="pj-Dim">{label}</span>
            <span className="pj-Meta-value">{value}</span>
          </span>
        ))}
      </div>
    </div>
  );
}

function Verified(props: Inner): React.JSX.Element {
  const trans = useTrans();
  const { job } = props;
  return (
    <>
      {job.verification ? (
        <VerificationView verification={job.verification} />
      ) : (
        <Empty
          text={trans.__(
            'Not verified yet. “Verify” runs the job in a fresh environment and compares it with the notebook.'
          )}
        />
      )}
      {job.warnings.length > 0 && (
        <Notice
          sign="warn"
          title={trans._n(
            '%1 thing to know from the export',
            '%1 things to know from the export',
            job.warnings.length,
            job.warnings.length
          )}
        >
          <ul className="pj-Jobs-told">
            {job.warnings.map(warning => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}

function Files(props: { job: Job }): React.JSX.Element {
  return (
    <ul className="pj-Jobs-files">
      {props.job.files.map(file => (
        <li key={file}>
          <code>{file}</code>
        </li>
      ))}
    </ul>
  );
}
