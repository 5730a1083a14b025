// What was done with a job: its runs, verifications and updates, each with its log.

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IClient } from '../api/client';
import type { ITasks, Task } from '../tasks/tokens';
import { useSignal, useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { duration, moment } from '../ui/format';
import { Empty } from '../ui/parts';
import { type Sign, State } from '../ui/state';
import { Table } from '../ui/table';
import { useFeed } from '../ui/usefeed';
import type { Job } from './tokens';

type Props = { job: Job; client: IClient; tasks: ITasks };

/** The tasks of a job, newest first, and the log of the chosen one. */
export function RunsView(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { client, job, tasks } = props;
  const feed = useFeed<Task[]>(
    {
      name: 'perijove:job-runs',
      interval: 5_000,
      fetch: async () => {
        const all = await client.call('get', '/tasks', { query: { limit: 200 } });
        return all.filter(task => task.ref === `job:${job.name}`);
      }
    },
    [client, job.name]
  );
  useSignal(tasks.changed);
  const [chosen, setChosen] = React.useState('');
  return (
    <FeedView
      feed={feed}
      isEmpty={all => all.length === 0}
      empty={
        <Empty
          text={trans.__('Nothing ran yet. “Run” runs the job in the environment of its lock.')}
        />
      }
    >
      {all => (
        <>
          <Table
            label={trans.__('Runs')}
            wide
            rows={all}
            rowKey={task => task.id}
            chosen={chosen || all[0].id}
            onChoose={task => setChosen(task.id)}
            columns={[
              { title: trans.__('What'), cell: task => kindWord(task.kind, trans), width: '20%' },
              {
                title: trans.__('Result'),
                cell: task => <State {...stateOf(task, trans)} />,
                width: '140px'
              },
              { title: trans.__('Began'), cell: task => moment(task.createdAt), width: '130px' },
              { title: trans.__('Took'), cell: task => took(task), num: true, width: '90px' },
              {
                title: trans.__('Said'),
                cell: task => {
                  const said = task.finishedAt ? task.error : task.message;
                  return <span title={said}>{said}</span>;
                }
              }
            ]}
          />
          <Log key={chosen || all[0].id} id={chosen || all[0].id} client={client} />
        </>
      )}
    </FeedView>
  );
}

function took(task: Task): string {
  return task.finishedAt
    ? duration((Date.parse(task.finishedAt) - Date.parse(task.createdAt)) / 1000)
    : '–';
}

function kindWord(kind: string, trans: TranslationBundle): string {
  const words: Record<string, string> = {
    'jobs.run': trans.__('Run'),
    'jobs.verify': trans.__('Verification'),
    'jobs.update': trans.__('Update from notebook'),
    'jobs.export': trans.__('Export')
  };
  return words[kind] ?? kind;
}

function stateOf(task: Task, trans: TranslationBundle): { sign: Sign; word: string } {
  const states: Record<Task['state'], { sign: Sign; word: string }> = {
    queued: { sign: 'busy', word: trans.__('waiting') },
    running: { sign: 'busy', word: trans.__('running') },
    done: { sign: 'tick', word: trans.__('done') },
    failed: { sign: 'bad', word: trans.__('failed') },
    cancelled: { sign: 'off', word: trans.__('cancelled') }
  };
  return states[task.state];
}

function Log(props: { id: string; client: IClient }): React.JSX.Element {
  const trans = useTrans();
  const { id, client } = props;
  const feed = useFeed<string[]>(
    {
      name: 'perijove:job-log',
      interval: 5_000,
      fetch: async () => (await client.call('get', '/tasks/{id}/log', { path: { id } })).lines
    },
    [client, id]
  );
  return (
    <>
      <h2 className="pj-H">{trans.__('Log')}</h2>
      <FeedView
        feed={feed}
        isEmpty={lines => lines.length === 0}
        empty={<Empty text={trans.__('It wrote nothing.')} />}
      >
        {lines => <pre className="pj-Jobs-detail">{lines.join('\n')}</pre>}
      </FeedView>
    </>
  );
}
