// A run's page: curves of its metrics, its pictures and files, its parameters and where it came from.

import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IClient } from '../api/client';
import type { Feed } from '../api/feed';
import type { ILive } from '../api/live';
import type { IOpener } from '../api/opener';
import { Lineage } from '../lineage/view';
import { useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { duration, figure, moment } from '../ui/format';
import { jobIcon, runIcon } from '../ui/icons';
import { Button, Empty, Icon, IconButton, KV, Link } from '../ui/parts';
import { State } from '../ui/state';
import { Tabs } from '../ui/tabs';
import { useFeed } from '../ui/usefeed';
import { Artifacts } from './artifacts';
import { Curves } from './curves';
import { type ExperimentsModel, signOf } from './model';
import type { Run } from './tokens';

type Props = { id: string; client: IClient; live: ILive; opener: IOpener; model: ExperimentsModel };
type Inner = Props & { run: Run };

/** The page of a run. */
export function runPage(props: Props): React.ReactNode {
  return <RunPage {...props} />;
}

function RunPage(props: Props): React.JSX.Element {
  const { client, id, live } = props;
  const feed: Feed<Run> = useFeed<Run>(
    {
      name: 'perijove:run',
      fetch: () => client.call('get', '/experiments/runs/{id}', { path: { id } }),
      live,
      events: ['experiments.']
    },
    [client, id]
  );
  return (
    <FeedView feed={feed}>
      {run => <Body {...props} run={run} refresh={() => void feed.refresh()} />}
    </FeedView>
  );
}

function Body(props: Inner & { refresh: () => void }): React.JSX.Element {
  const trans = useTrans();
  const { run, client, opener } = props;
  return (
    <div className="pj-RunPage">
      <div className="pj-Toolbar" role="toolbar" aria-label={trans.__('Run')}>
        <IconButton icon={refreshIcon} label={trans.__('Refresh')} onClick={props.refresh} />
        <span className="pj-Spacer" />
        {run.notebook && opener.can('export:') && (
          <Button
            icon={jobIcon}
            label={trans.__('Export to job…')}
            title={trans.__('Make a job from the cells that this run came from')}
            onClick={() =>
              opener.open(`export:${encodeURIComponent(run.notebook)}?ref=run:${run.id}`)
            }
          />
        )}
      </div>
      <Head run={run} />
      <Tabs
        label={trans.__('Parts of the run')}
        tabs={[
          { id: 'overview', title: trans.__('Overview'), render: () => <Overview {...props} /> },
          {
            id: 'lineage',
            title: trans.__('Lineage'),
            render: () => <Lineage center={`run:${run.id}`} client={client} opener={opener} />
          }
        ]}
      />
    </div>
  );
}

function Head(props: { run: Run }): React.JSX.Element {
  const trans = useTrans();
  const { run } = props;
  const words = {
    running: trans.__('Running'),
    finished: trans.__('Finished'),
    failed: trans.__('Failed'),
    killed: trans.__('Stopped'),
    scheduled: trans.__('Waiting')
  };
  const took = run.endedAt
    ? (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000
    : undefined;
  const facts: [string, string][] = [
    [trans.__('Experiment'), run.experiment],
    [trans.__('Started'), moment(run.startedAt)],
    [trans.__('Took'), took === undefined ? '–' : duration(took)],
    [trans.__('By'), run.user || '–'],
    [trans.__('Run'), run.id]
  ];
  return (
    <div className="pj-Head">
      <h1>
        <Icon icon={runIcon} />
        {run.name}
        <State sign={signOf(run.state)} word={words[run.state]} />
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

function Overview(props: Inner): React.JSX.Element {
  const trans = useTrans();
  const { run } = props;
  const metrics = Object.entries(run.metrics).sort(([a], [b]) => a.localeCompare(b));
  const parameters = Object.entries(run.parameters).sort(([a], [b]) => a.localeCompare(b));
  const tags = Object.entries(run.tags).filter(([name]) => !/^(mlflow|perijove)\./.test(name));
  const none = <Empty text={trans.__('None.')} />;
  return (
    <div className="pj-Columns">
      <div className="pj-Columns-main">
        <h2 className="pj-H">{trans.__('Curves')}</h2>
        <Curves {...props} />
        <h2 className="pj-H">{trans.__('Pictures and files')}</h2>
        <Artifacts {...props} />
      </div>
      <div className="pj-Columns-side">
        <Origin {...props} />
        <h2 className="pj-H">
          {trans.__('Metrics')} <span className="pj-Dim">{metrics.length}</span>
        </h2>
        <div className="pj-Pad pj-Experiments-metrics">
          {metrics.length ? (
            <KV items={metrics.map(([name, value]) => [name, figure(value)])} />
          ) : (
            none
          )}
        </div>
        <h2 className="pj-H">
          {trans.__('Parameters')} <span className="pj-Dim">{parameters.length}</span>
        </h2>
        <div className="pj-Pad">{parameters.length ? <KV items={parameters} /> : none}</div>
        {tags.length > 0 && (
          <>
            <h2 className="pj-H">{trans.__('Tags')}</h2>
            <div className="pj-Pad">
              <KV items={tags} />
            </div>
          </>
        )}
      </div>
    </div>
  );
}

function Origin(props: Inner): React.JSX.Element {
  const trans = useTrans();
  const { run, opener } = props;
  const items: [string, React.ReactNode][] = [];
  if (run.notebook) {
    const open = (): void =>
      opener.open(run.cell ? `cell:${run.notebook}#${run.cell}` : `notebook:${run.notebook}`);
    items.push([trans.__('Notebook'), <Link label={run.notebook} onClick={open} />]);
    items.push([trans.__('Cell'), run.cell ? <Link label={run.cell} onClick={open} /> : '–']);
  }
  if (run.commit) {
    items.push([trans.__('Commit'), <code title={run.commit}>{run.commit.slice(0, 10)}</code>]);
  }
  run.datasets.forEach((dataset, index) => {
    const label = dataset.context ? `${dataset.name} (${dataset.context})` : dataset.name;
    const shown = dataset.ref ? (
      <Link label={label} onClick={() => opener.open(dataset.ref)} />
    ) : (
      label
    );
    items.push([index === 0 ? trans.__('Data') : trans.__('Data %1', String(index + 1)), shown]);
  });
  return (
    <>
      <h2 className="pj-H">{trans.__('Where it came from')}</h2>
      <div className="pj-Pad">
        {items.length ? (
          <KV items={items} />
        ) : (
          <Empty text={trans.__('Not known: it was not logged from a notebook.')} />
        )}
      </div>
    </>
  );
}
