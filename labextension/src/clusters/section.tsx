// The Clusters section: each cluster with its workers, CPU, memory and tasks.

import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon, stopIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { IOpener } from '../api/opener';
import { ModelSection } from '../panel/modelsection';
import { useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { bytes, count } from '../ui/format';
import { clusterIcon } from '../ui/icons';
import { List, Row } from '../ui/list';
import { Empty, Fact, Link, Notice } from '../ui/parts';
import { State } from '../ui/state';
import { CommandIDs } from './commands';
import { type ClustersModel, isAlive, openTasks, signOf } from './model';
import type { Cluster } from './tokens';

type Deps = { model: ClustersModel; commands: CommandRegistry; opener: IOpener };

/** The Clusters section. */
export class ClustersSection extends ModelSection<Deps> {
  readonly id = 'clusters';
  readonly title = this.trans.__('Clusters');
  readonly rank = 20;
  readonly actions = [
    {
      icon: addIcon,
      label: this.trans.__('New notebook with a cluster'),
      command: CommandIDs.startNotebook
    }
  ];

  count(): number | undefined {
    return this.deps.model.all?.length;
  }

  summary(): string {
    const first = this.deps.model.all?.find(isAlive);
    return first ? this.trans.__('%1, CPU %2 %', first.name, String(Math.round(first.cpu))) : '';
  }

  render(): React.JSX.Element {
    return <Clusters {...this.deps} />;
  }
}

function Clusters(props: Deps): React.JSX.Element {
  const trans = useTrans();
  const start = {
    label: trans.__('Start Dask (local)'),
    onClick: () => void props.commands.execute(CommandIDs.startNotebook)
  };
  return (
    <div className="pj-Clusters">
      <FeedView
        feed={props.model.feed}
        isEmpty={all => all.length === 0}
        empty={
          <Empty
            text={trans.__('No cluster is running. One starts with its notebook.')}
            actions={[start]}
          />
        }
      >
        {all => (
          <List label={trans.__('Clusters')}>
            {all.map(cluster => (
              <ClusterRows key={cluster.id} {...props} cluster={cluster} />
            ))}
          </List>
        )}
      </FeedView>
    </div>
  );
}

function ClusterRows(props: Deps & { cluster: Cluster }): React.JSX.Element {
  const trans = useTrans();
  const { cluster, commands, opener } = props;
  const alive = isAlive(cluster);
  const workers =
    cluster.workers === cluster.wanted
      ? trans._n('%1 worker', '%1 workers', cluster.workers)
      : trans.__('%1 of %2 workers', String(cluster.workers), String(cluster.wanted));
  const stop = (): void => void commands.execute(CommandIDs.stop, { id: cluster.id });
  return (
    <>
      <Row
        id={`cluster:${cluster.id}`}
        icon={clusterIcon}
        name={cluster.name}
        tip={trans.__('%1 since %2', cluster.profile, new Date(cluster.startedAt).toLocaleString())}
        state={
          <State
            sign={signOf(cluster)}
            word={cluster.state === 'running' ? workers : stateWord(trans, cluster.state)}
          />
        }
        actions={alive ? [{ icon: stopIcon, label: trans.__('Stop cluster…'), onClick: stop }] : []}
        className="pj-Clusters-row"
      />
      {cluster.problem && <Notice sign="bad" title={cluster.problem} />}
      {alive && <ClusterFacts {...props} />}
      {cluster.notebook && (
        <div className="pj-Fact">
          <span>{trans.__('Notebook')}</span>
          <Link
            label={cluster.notebook}
            onClick={() => opener.open(`notebook:${cluster.notebook}`)}
          />
        </div>
      )}
    </>
  );
}

function ClusterFacts(props: Deps & { cluster: Cluster }): React.JSX.Element {
  const trans = useTrans();
  const { cluster } = props;
  const memory = cluster.memoryLimit ? cluster.memoryUsed / cluster.memoryLimit : null;
  const open = openTasks(cluster.tasks);
  const held = cluster.tasks['memory'] ?? 0;
  return (
    <>
      <Fact
        label={trans.__('CPU')}
        value={cluster.cpu / 100}
        text={`${Math.round(cluster.cpu)} %`}
      />
      <Fact
        label={trans.__('Memory')}
        value={memory}
        text={`${bytes(cluster.memoryUsed)} / ${bytes(cluster.memoryLimit)}`}
        limit={0.85}
      />
      <div className="pj-Fact">
        <span>{trans.__('Tasks')}</span>
        <span className="pj-Fact-wide pj-Num">
          {trans.__('%1 open, %2 held', count(open), count(held))}
        </span>
      </div>
      <Scale {...props} />
    </>
  );
}

function Scale(props: Deps & { cluster: Cluster }): React.JSX.Element {
  const trans = useTrans();
  const { cluster, commands } = props;
  const [text, setText] = React.useState(String(cluster.wanted));
  React.useEffect(() => setText(String(cluster.wanted)), [cluster.wanted]);
  const ask = (workers: number): void => {
    if (Number.isInteger(workers) && workers >= 0 && workers !== cluster.wanted) {
      void commands.execute(CommandIDs.scale, { id: cluster.id, workers });
    }
    setText(String(cluster.wanted));
  };
  const step = (by: number, label: string, sign: string): React.JSX.Element => (
    <button
      type="button"
      className="pj-Btn pj-mod-icon"
      aria-label={label}
      title={label}
      onClick={() => ask(cluster.wanted + by)}
    >
      {sign}
    </button>
  );
  return (
    <div className="pj-Fact pj-Clusters-scale">
      <span>{trans.__('Workers')}</span>
      <span className="pj-Fact-wide">
        {step(-1, trans.__('One worker less'), '−')}
        <input
          className="pj-In"
          type="number"
          min={0}
          aria-label={trans.__('Workers of %1', cluster.name)}
          value={text}
          onChange={event => setText(event.target.value)}
          onBlur={() => ask(Number(text))}
          onKeyDown={event => {
            event.stopPropagation();
            if (event.key === 'Enter') {
              ask(Number(text));
            }
          }}
        />
        {step(1, trans.__('One worker more'), '+')}
      </span>
    </div>
  );
}

function stateWord(trans: TranslationBundle, state: Cluster['state']): string {
  const words: Record<Cluster['state'], string> = {
    starting: trans.__('starting'),
    running: trans.__('running'),
    stopping: trans.__('stopping'),
    stopped: trans.__('stopped'),
    failed: trans.__('failed'),
    lost: trans.__('lost')
  };
  return words[state];
}
