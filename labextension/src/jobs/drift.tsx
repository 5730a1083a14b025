// What drifts now: each column with its distance from normal, breaches of the contract, and metrics beside their baselines.

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { useTrans } from '../ui/context';
import { count } from '../ui/format';
import { MarkSign } from '../ui/marks';
import { Bar } from '../ui/parts';
import { State } from '../ui/state';
import { Table, type TableColumn } from '../ui/table';
import type { ColumnDrift, MetricDecay } from './tokens';
import {
  byDrift,
  change,
  distance,
  nearness,
  placeWord,
  reasonOf,
  shapeOf,
  sourceWord
} from './watched';

/** The columns of the newest run and scoring, those that drift first. */
export function ColumnsView(props: { columns: readonly ColumnDrift[] }): React.JSX.Element | null {
  const trans = useTrans();
  const rows = byDrift(props.columns);
  const bad = rows.filter(row => row.drifting).length;
  if (rows.length === 0) {
    return null;
  }
  return (
    <section aria-label={trans.__('Columns now')}>
      <h2 className="pj-H">
        {trans.__('Columns now')}
        <span className="pj-Dim">
          {trans.__(
            '%1 of %2 drifting, in the newest run and the newest scoring after it',
            count(bad),
            count(rows.length)
          )}
        </span>
      </h2>
      <div className="pj-Jobs-wide">
        <Table
          label={trans.__('Columns now')}
          wide
          rows={rows}
          rowKey={row => `${row.source}:${row.place}.${row.column}`}
          columns={columnsOf(trans)}
        />
      </div>
    </section>
  );
}

function columnsOf(trans: TranslationBundle): TableColumn<ColumnDrift>[] {
  const psi = trans.__('PSI of its limit');
  return [
    {
      title: trans.__('Of'),
      cell: row => <Source source={row.source ?? ''} />,
      width: '145px'
    },
    {
      title: trans.__('Place'),
      cell: row => <span title={row.place}>{placeWord(row.place, trans)}</span>,
      width: '13%'
    },
    {
      title: trans.__('Column'),
      cell: row => <span title={row.column}>{row.column}</span>,
      width: '13%'
    },
    {
      title: trans.__('State'),
      cell: row =>
        row.drifting ? (
          <State sign="warn" word={trans.__('drifting')} />
        ) : (
          <State sign="tick" word={trans.__('steady')} />
        ),
      width: '95px'
    },
    { title: trans.__('PSI'), cell: row => distance(row.psi), num: true, width: '70px' },
    {
      title: trans.__('Of limit'),
      cell: row => row.psi !== null && <Bar value={nearness(row)} limit={1} label={psi} />,
      width: '90px'
    },
    { title: trans.__('Limit'), cell: row => distance(row.limit), num: true, width: '65px' },
    { title: trans.__('KS'), cell: row => distance(row.ks), num: true, width: '65px' },
    {
      title: trans.__('Why'),
      cell: row => (
        <span className={row.drifting ? 'pj-Jobs-why' : 'pj-Dim'}>{reasonOf(row, trans)}</span>
      )
    }
  ];
}

/** What left a profile, with its mark in the charts. */
export function Source(props: { source: string }): React.JSX.Element {
  const trans = useTrans();
  return (
    <span className="pj-State">
      <MarkSign shape={shapeOf(props.source)} />
      {sourceWord(props.source, trans)}
    </span>
  );
}

/** The metrics that the last labels gave, beside their baselines. */
export function MetricsView(props: { metrics: readonly MetricDecay[] }): React.JSX.Element | null {
  const trans = useTrans();
  const { metrics } = props;
  if (metrics.length === 0) {
    return null;
  }
  const rows = metrics[0].rows;
  return (
    <section aria-label={trans.__('Metrics')}>
      <h2 className="pj-H">
        {trans.__('Metrics')}
        <span className="pj-Dim">
          {trans._n('from %2 row with a label', 'from %2 rows with labels', rows, count(rows))}
        </span>
      </h2>
      <Table
        label={trans.__('Metrics')}
        wide
        rows={metrics}
        rowKey={row => row.name}
        columns={[
          { title: trans.__('Metric'), cell: row => row.name, width: '32%' },
          {
            title: trans.__('State'),
            cell: row =>
              row.drifting ? (
                <State sign="warn" word={trans.__('worse')} />
              ) : (
                <State sign="tick" word={trans.__('holds')} />
              ),
            width: '95px'
          },
          {
            title: trans.__('Baseline'),
            cell: row => distance(row.baseline),
            num: true,
            width: '110px'
          },
          { title: trans.__('Now'), cell: row => distance(row.value), num: true, width: '110px' },
          { title: trans.__('Change'), cell: row => change(row), num: true, width: '110px' },
          { title: '', cell: () => null }
        ]}
      />
    </section>
  );
}

/** What the newest run and scoring read or answered against the contract. */
export function BreachesView(props: { breaches: readonly string[] }): React.JSX.Element | null {
  const trans = useTrans();
  const { breaches } = props;
  if (breaches.length === 0) {
    return null;
  }
  return (
    <section aria-label={trans.__('Breaches of the contract')}>
      <h2 className="pj-H">{trans.__('Breaches of the contract')}</h2>
      <ul className="pj-Jobs-breaches">
        {breaches.map((breach, index) => (
          <li key={`${index}:${breach}`}>
            <State sign="warn" word={breach} />
          </li>
        ))}
      </ul>
    </section>
  );
}
