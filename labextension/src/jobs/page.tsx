// A job's page: its state and origin, its verification, its files, its lineage.

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
import { Button, Empty, Icon, IconButton, Link, Notice } from '../ui/parts';
import { State } from '../ui/state';
import { Tabs } from '../ui/tabs';
import { TaskRow } from '../ui/taskrow';
import { useFeed } from '../ui/usefeed';
import { CommandIDs } from './commands';
import { jobState } from './model';
import type { Job } from './tokens';
import { VerificationView } from './verification';

type Props = {
  name: string;
  client: IClient;
  live: ILive;
  opener: IOpener;
  tasks: ITasks;
  commands: CommandRegistry;
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
  const { client, live, name } = props;
  const feed = useFeed<Job>(
    {
      name: 'perijove:job',
      fetch: () => client.call('get', '/jobs/{name}', { path: { name } }),
      live,
      events: ['jobs.']
    },
    [client, name]
  );
  return (
    <FeedView feed={feed}>
      {job => <Body {...props} job={job} refresh={() => void feed.refresh()} />}
    </FeedView>
  );
}

function Body(props: Inner): React.JSX.Element {
  const trans = useTrans();
  const { commands, job, tasks, refresh } = props;
  useSignal(tasks.changed);
  const running = tasks.running.filter(task => task.ref === `job:${job.name}`);
  const start = (command: string) => () =>
    void commands.execute(command, { name: job.name }).then(refresh);
  return (
    <div className="pj-JobPage">
      <div className="pj-Toolbar" role="toolbar" aria-label={trans.__('Job')}>
        <IconButton icon={refreshIcon} label={trans.__('Refresh')} onClick={refresh} />
        <span className="pj-Spacer" />
        <Button
          icon={playIcon}
          label={trans.__('Run')}
          disabled={running.length > 0}
          onClick={start(CommandIDs.run)}
        />
        <Button
          icon={checkIcon}
          label={trans.__('Verify')}
          primary
          disabled={running.length > 0}
          onClick={start(CommandIDs.verify)}
        />
      </div>
      <Head {...props} />
      {running.map(task => (
        <TaskRow key={task.id} task={task} cancel={id => void tasks.cancel(id)} />
      ))}
      <Tabs
        label={trans.__('Parts of the job')}
        tabs={[
          {
            id: 'verification',
            title: trans.__('Verification'),
            render: () => <Verified {...props} />
          },
          { id: 'files', title: trans.__('Files'), render: () => <Files job={job} /> },
          {
            id: 'lineage',
            title: trans.__('Lineage'),
            render: () => (
              <Lineage center={`job:${job.name}`} client={props.client} opener={props.opener} />
            )
          }
        ]}
      />
    </div>
  );
}

function Head(props: Inner): React.JSX.Element {
  const trans = useTrans();
  const { commands, job, opener } = props;
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
    [trans.__('Written'), moment(job.exportedAt)],
    [trans.__('Folder'), job.path]
  ];
  return (
    <div className="pj-Head">
      <h1>
        <Icon icon={jobIcon} />
        {job.name}
        <State {...jobState(job.state, trans)} />
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
      {job.warnings.map(warning => (
        <Notice key={warning} sign="warn" title={warning} />
      ))}
      {job.verification ? (
        <VerificationView verification={job.verification} />
      ) : (
        <Empty
          text={trans.__(
            'Not verified yet. “Verify” runs the job in a fresh environment and compares it with the notebook.'
          )}
        />
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
