// The curves of a run: one small chart for each metric that has more than one step.

import * as React from 'react';

import type { IClient } from '../api/client';
import { Chart } from '../ui/chart';
import { useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { figure } from '../ui/format';
import { Empty } from '../ui/parts';
import { useFeed } from '../ui/usefeed';
import { type ExperimentsModel, mainMetric } from './model';
import type { Curve, Run } from './tokens';

/** So many curves are drawn at once. */
const SHOWN = 12;

type Drawn = { metric: string; curve: Curve };

/** The metrics to draw: the one that speaks for the run first. */
export function order(run: Pick<Run, 'metrics'>, wanted: string): string[] {
  const main = mainMetric(run.metrics, wanted);
  const names = Object.keys(run.metrics).sort();
  return main ? [main, ...names.filter(name => name !== main)].slice(0, SHOWN) : [];
}

/** The charts. */
export function Curves(props: {
  run: Run;
  client: IClient;
  model: ExperimentsModel;
}): React.JSX.Element {
  const trans = useTrans();
  const { client, run, model } = props;
  const feed = useFeed<Drawn[]>(
    {
      name: 'perijove:curves',
      fetch: async () => {
        const all = await Promise.all(
          order(run, model.metric).map(async metric => {
            const curve = await client.call('get', '/experiments/runs/{id}/curve', {
              path: { id: run.id },
              query: { metric, points: 500 }
            });
            return { metric, curve };
          })
        );
        return all.filter(({ curve }) => curve.steps.length > 1);
      }
    },
    [client, run]
  );
  return (
    <FeedView
      feed={feed}
      isEmpty={drawn => drawn.length === 0}
      empty={<Empty text={trans.__('No metric was logged at more than one step.')} />}
    >
      {drawn => (
        <div className="pj-Charts">
          {drawn.map(({ metric, curve }) => (
            <CurveChart key={metric} metric={metric} curve={curve} />
          ))}
        </div>
      )}
    </FeedView>
  );
}

function CurveChart(props: Drawn): React.JSX.Element {
  const trans = useTrans();
  const { metric, curve } = props;
  const last = figure(curve.values.at(-1));
  const sentence = trans.__('%1 over %2 points, last %3', metric, String(curve.points), last);
  return (
    <figure>
      <figcaption>
        <b>{metric}</b> <span className="pj-Dim">{trans.__('over step, last %1', last)}</span>
      </figcaption>
      <Chart line={curve} sentence={sentence} />
    </figure>
  );
}
