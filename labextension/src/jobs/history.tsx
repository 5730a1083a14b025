// How a job did over time: its worst drift at each run and scoring beside the limits, and its metrics beside their baselines.

import * as React from 'react';

import { useTrans } from '../ui/context';
import { count, moment } from '../ui/format';
import { type Mark, Marks, MarkSign } from '../ui/marks';
import type { Range } from '../ui/scale';
import { State } from '../ui/state';
import { Table } from '../ui/table';
import { spanOf } from '../ui/time';
import { Source } from './drift';
import type { MetricDecay, Monitor, Watched } from './tokens';
import { chartSentence, distance, marksOf, metricNames } from './watched';

/** The charts, their legend, and the same as a table under a fold. */
export function HistoryView(props: { monitor: Monitor }): React.JSX.Element {
  const trans = useTrans();
  const { history, limits, metrics } = props.monitor;
  const span = spanOf(history.map(one => Date.parse(one.at)));
  return (
    <section aria-label={trans.__('History')}>
      <h2 className="pj-H">
        {trans.__('History')}
        <span className="pj-Dim">{trans._n('%1 profile', '%1 profiles', history.length)}</span>
        <Legend history={history} />
      </h2>
      <div className="pj-Charts">
        <DriftChart
          name={trans.__('Worst PSI')}
          marks={marksOf(history, 'PSI', one => one.worst_psi, trans)}
          limit={limits.psi}
          span={span}
        />
        <DriftChart
          name={trans.__('Worst KS')}
          marks={marksOf(history, 'KS', one => one.worst_ks, trans)}
          limit={limits.ks}
          span={span}
        />
        {metricNames(history).map(name => (
          <MetricChart
            key={name}
            name={name}
            history={history}
            judged={metrics.find(one => one.name === name)}
            span={span}
          />
        ))}
      </div>
      <Fold history={history} />
    </section>
  );
}

function Legend(props: { history: readonly Watched[] }): React.JSX.Element {
  const trans = useTrans();
  const sources = [...new Set(props.history.map(one => one.source))];
  return (
    <span className="pj-Charts-legend">
      {sources.map(source => (
        <Source key={source} source={source} />
      ))}
      {props.history.some(one => one.drifting) && (
        <span className="pj-State">
          <MarkSign shape="round" bad />
          {trans.__('filled: drifting')}
        </span>
      )}
    </span>
  );
}

function DriftChart(props: {
  name: string;
  marks: Mark[];
  limit: number;
  span: Range;
}): React.JSX.Element | null {
  const trans = useTrans();
  const { limit, marks, name, span } = props;
  if (marks.length === 0) {
    return null;
  }
  const line = trans.__('limit %1', String(limit));
  return (
    <figure>
      <figcaption>
        <b>{name}</b>{' '}
        <span className="pj-Dim">
          {trans.__('of any column, newest %1, %2 dashed', distance(marks.at(-1)?.value), line)}
        </span>
      </figcaption>
      <Marks
        marks={marks}
        line={limit}
        span={span}
        fromZero
        sentence={chartSentence(name, marks, line, trans)}
      />
    </figure>
  );
}

function MetricChart(props: {
  name: string;
  history: readonly Watched[];
  judged: MetricDecay | undefined;
  span: Range;
}): React.JSX.Element {
  const trans = useTrans();
  const { history, judged, name, span } = props;
  const last = history.filter(one => name in (one.metrics ?? {})).at(-1);
  const bad = (one: Watched): boolean => one === last && Boolean(judged?.drifting);
  const marks = marksOf(history, name, one => one.metrics?.[name], trans, bad);
  const line = judged
    ? trans.__('baseline %1', distance(judged.baseline))
    : trans.__('no baseline');
  return (
    <figure>
      <figcaption>
        <b>{name}</b>{' '}
        <span className="pj-Dim">
          {trans.__('newest %1, %2 dashed', distance(marks.at(-1)?.value), line)}
        </span>
      </figcaption>
      <Marks
        marks={marks}
        line={judged?.baseline}
        span={span}
        sentence={chartSentence(name, marks, line, trans)}
      />
    </figure>
  );
}

function Fold(props: { history: readonly Watched[] }): React.JSX.Element {
  const trans = useTrans();
  const newest = [...props.history].reverse();
  return (
    <details className="pj-Jobs-fold">
      <summary>{trans.__('The same as a table')}</summary>
      <div className="pj-Jobs-wide">
        <Table
          label={trans.__('Profiles')}
          wide
          rows={newest}
          rowKey={one => one.id}
          columns={[
            { title: trans.__('When'), cell: one => moment(one.at), width: '140px' },
            { title: trans.__('Of'), cell: one => <Source source={one.source} />, width: '150px' },
            { title: trans.__('Rows'), cell: one => count(one.rows), num: true, width: '90px' },
            {
              title: trans.__('Worst PSI'),
              cell: one => distance(one.worst_psi),
              num: true,
              width: '90px'
            },
            {
              title: trans.__('Worst KS'),
              cell: one => distance(one.worst_ks),
              num: true,
              width: '90px'
            },
            {
              title: trans.__('Breaches'),
              cell: one => count(one.breaches),
              num: true,
              width: '80px'
            },
            { title: trans.__('Drifted'), cell: one => <Drifted one={one} /> }
          ]}
        />
      </div>
    </details>
  );
}

function Drifted(props: { one: Watched }): React.JSX.Element {
  const trans = useTrans();
  const { columns, drifting } = props.one;
  const names = columns.join(', ');
  return drifting ? (
    <span title={names}>
      <State sign="warn" word={names} />
    </span>
  ) : (
    <span className="pj-Dim">{trans.__('nothing')}</span>
  );
}
