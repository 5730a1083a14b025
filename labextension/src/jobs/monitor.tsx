// The Monitor tab of a job: how it does now, how it did before, and what to do about it.

import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IClient } from '../api/client';
import { asCallError, type CallError } from '../api/errors';
import type { Feed } from '../api/feed';
import { confirm } from '../ui/confirm';
import { useSignal, useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { moment } from '../ui/format';
import { Button, Empty, Notice, Trouble } from '../ui/parts';
import { State } from '../ui/state';
import { useFeed } from '../ui/usefeed';
import { BreachesView, ColumnsView, MetricsView } from './drift';
import { HistoryView } from './history';
import { LabelsForm } from './labels';
import type { Job, LookAtJob, Monitor } from './tokens';
import { alertWords, monitorState } from './watched';

type Props = {
  job: Job;
  client: IClient;
  /** Whether the job runs: when it ends, there is something new to look at. */
  busy: boolean;
  /** Run the job. */
  run: () => void;
};

/** What the monitor sees: as it stands when it is opened and when a run has ended; asked to look, it sends alerts too. */
export function MonitorView(props: Props): React.JSX.Element {
  const { busy, client, job, run } = props;
  const path = { name: job.name };
  const feed = useFeed<Monitor>(
    {
      name: 'perijove:job-monitor',
      fetch: () => client.call('get', '/jobs/{name}/monitor', { path })
    },
    [client, job.name]
  );
  const was = React.useRef(busy);
  React.useEffect(() => {
    if (was.current && !busy) {
      void feed.refresh();
    }
    was.current = busy;
  }, [busy, feed]);
  const look = async (body: LookAtJob): Promise<void> =>
    feed.set(await client.call('post', '/jobs/{name}/monitor', { path, body }));
  return (
    <FeedView feed={feed}>
      {monitor => <Seen monitor={monitor} feed={feed} busy={busy} run={run} look={look} />}
    </FeedView>
  );
}

type Inner = {
  monitor: Monitor;
  feed: Feed<Monitor>;
  busy: boolean;
  run: () => void;
  /** Judge what is new and send alerts; what is now is accepted, and labels are taken in, where that is asked. */
  look: (how: LookAtJob) => Promise<void>;
};

function Seen(props: Inner): React.JSX.Element {
  const { busy, feed, monitor, run } = props;
  const [error, setError] = React.useState<CallError>();
  const [looking, setLooking] = React.useState(false);
  const [labelling, setLabelling] = React.useState(false);
  const look = (how: LookAtJob): void => {
    setError(undefined);
    setLooking(true);
    props
      .look(how)
      .then(() => setLabelling(labelling && !how.labels))
      .catch((reason: unknown) => setError(asCallError(reason)))
      .finally(() => setLooking(false));
  };
  return (
    <div className="pj-Jobs-monitor" data-state={monitor.state}>
      <Head
        monitor={monitor}
        feed={feed}
        looking={looking}
        look={look}
        label={() => setLabelling(!labelling)}
      />
      {labelling && <LabelsForm busy={looking} take={labels => look({ labels })} />}
      {error && <Trouble error={error} />}
      <Advice monitor={monitor} busy={busy} run={run} />
      <BreachesView breaches={monitor.breaches} />
      {monitor.history.length > 0 && <HistoryView monitor={monitor} />}
      <ColumnsView columns={monitor.columns} />
      <MetricsView metrics={monitor.metrics} />
    </div>
  );
}

function Head(props: {
  monitor: Monitor;
  feed: Feed<Monitor>;
  looking: boolean;
  look: (how: LookAtJob) => void;
  /** Open or close the line of fields for labels. */
  label: () => void;
}): React.JSX.Element {
  const trans = useTrans();
  const { feed, label, look, looking, monitor } = props;
  useSignal(feed.changed);
  const ask = async (): Promise<void> => {
    if (await confirm(trans, question(monitor, trans))) {
      look({ accept: true });
    }
  };
  return (
    <div className="pj-Jobs-watch">
      <span aria-live="polite">
        <State {...monitorState(monitor.state, trans)} />
        {monitor.breaches.length > 0 && (
          <State sign="warn" word={trans._n('%1 breach', '%1 breaches', monitor.breaches.length)} />
        )}
      </span>
      <span className="pj-Dim">
        {feed.loading || looking
          ? trans.__('Looking…')
          : trans.__('Looked at %1', moment(new Date(feed.at).toISOString()))}
      </span>
      <span className="pj-Spacer" />
      {monitor.columns.some(column => column.drifting) && (
        <Button
          label={trans.__('Accept as normal…')}
          title={trans.__('Compare with what is now from now on')}
          disabled={looking}
          onClick={() => void ask()}
        />
      )}
      {monitor.history.some(one => one.source === 'batch') && (
        <Button
          label={trans.__('Labels…')}
          title={trans.__(
            'Compare the predictions for the file that was scored last with the truth'
          )}
          disabled={looking}
          onClick={label}
        />
      )}
      <Button
        icon={refreshIcon}
        label={trans.__('Look again')}
        title={trans.__('Judge what runs and scorings left since, and send the alerts that wait')}
        disabled={looking}
        onClick={() => look({})}
      />
      <Alerts monitor={monitor} />
    </div>
  );
}

/** Whether alerts go out, and where to. */
function Alerts(props: { monitor: Monitor }): React.JSX.Element {
  const trans = useTrans();
  const alerts = alertWords(props.monitor, trans);
  return (
    <span className="pj-Jobs-alerts">
      {trans.__('Alerts: %1.', alerts.word)} <span className="pj-Dim">{alerts.detail}</span>
    </span>
  );
}

function question(
  monitor: Monitor,
  trans: TranslationBundle
): { title: string; body: string; accept: string } {
  return {
    title: trans.__('Accept what %1 reads and answers now as normal?', monitor.name),
    body: trans.__(
      'From now on, runs and scorings are compared with the newest ones. This writes reference.json in the job’s folder; commit it, so that the job is watched in the same way everywhere.'
    ),
    accept: trans.__('Accept as normal')
  };
}

/** What to do: run the job where there is nothing to compare, look into what drifts. */
function Advice(props: {
  monitor: Monitor;
  busy: boolean;
  run: () => void;
}): React.JSX.Element | null {
  const trans = useTrans();
  const { busy, monitor, run } = props;
  if (monitor.state === 'unknown') {
    return (
      <Empty
        text={trans.__(
          'Run the job, or score a file with “perijove job serve FOLDER --batch FILE”; each leaves a profile of what it read and answered, which is compared with that of the export or the training.'
        )}
        actions={busy ? [] : [{ label: trans.__('Run the job'), onClick: run }]}
      />
    );
  }
  if (monitor.state === 'steady') {
    return null;
  }
  const columns = monitor.columns.filter(column => column.drifting);
  const metrics = monitor.metrics.filter(metric => metric.drifting);
  return (
    <>
      {columns.length > 0 && (
        <Notice
          sign="warn"
          title={trans._n(
            '%1 column is no longer as it was: %2',
            '%1 columns are no longer as they were: %2',
            columns.length,
            named(columns.map(column => `${column.place}.${column.column}`))
          )}
        >
          {trans.__(
            'Look at where the data comes from. If the world has changed, train anew from the notebook; if this is fine, accept it as normal.'
          )}
        </Notice>
      )}
      {metrics.length > 0 && (
        <Notice
          sign="warn"
          title={trans.__(
            'The predictions got worse: %1',
            named(metrics.map(metric => metric.name))
          )}
        >
          {trans.__(
            'Train anew with newer data. What a metric is compared with stands in the job’s config.toml, “baseline” of [monitor].'
          )}
        </Notice>
      )}
    </>
  );
}

function named(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')}, …` : names.join(', ');
}
