// How a version differs from an earlier one: rows, columns and figures.

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { useTrans } from '../../ui/context';
import { bytes, count } from '../../ui/format';
import { KV } from '../../ui/parts';
import { type Sign, State } from '../../ui/state';
import { Table } from '../../ui/table';
import { shown } from '../grid/looks';
import type { Diff } from '../wire';
import { shortId } from './versions';

type Change = Diff['columns'][number]['change'];

/** The differences. */
export function DiffView(props: { diff: Diff }): React.JSX.Element {
  const trans = useTrans();
  const { diff } = props;
  const changed = diff.columns.filter(column => column.change !== 'same');
  const facts: [string, React.ReactNode][] = [
    [trans.__('Rows'), pair(diff.rows, count)],
    [trans.__('Size'), pair(diff.bytes, bytes)],
    [
      trans.__('Schema'),
      changed.length === 0
        ? trans._n('the same column', 'the same %1 columns', diff.columns.length)
        : trans._n('%1 column changed', '%1 columns changed', changed.length)
    ]
  ];
  return (
    <>
      <h2 className="pj-H">
        {trans.__('From %1 to %2', shortId(diff.before.id), shortId(diff.after.id))}
      </h2>
      <div className="pj-Pad">
        <KV items={facts} />
        {diff.note && <p className="pj-Note">{diff.note}</p>}
      </div>
      {changed.length > 0 && <ColumnTable diff={diff} rows={changed} />}
      {diff.profile.length > 0 && <FigureTable diff={diff} />}
    </>
  );
}

/** Two numbers and what lies between them. */
export function pair(
  { before, after }: { before: number | null; after: number | null },
  words: (value: number | null) => string
): string {
  if (before === null || after === null || before === after) {
    return before === after ? words(after) : `${words(before)} → ${words(after)}`;
  }
  const sign = after > before ? '+' : '−';
  return `${words(before)} → ${words(after)} (${sign}${words(Math.abs(after - before))})`;
}

function changeOf(change: Change, trans: TranslationBundle): { sign: Sign; word: string } {
  const words: Record<Change, { sign: Sign; word: string }> = {
    added: { sign: 'dot', word: trans.__('added') },
    removed: { sign: 'off', word: trans.__('removed') },
    retyped: { sign: 'changed', word: trans.__('another type') },
    same: { sign: 'tick', word: trans.__('the same') }
  };
  return words[change];
}

function ColumnTable(props: { diff: Diff; rows: Diff['columns'] }): React.JSX.Element {
  const trans = useTrans();
  return (
    <Table
      label={trans.__('Changed columns')}
      wide
      rows={props.rows}
      rowKey={column => column.name}
      columns={[
        { title: trans.__('Column'), cell: column => column.name },
        {
          title: trans.__('Change'),
          cell: column => <State {...changeOf(column.change, trans)} />,
          width: '140px'
        },
        { title: trans.__('Before'), cell: column => <code>{column.before || '–'}</code> },
        { title: trans.__('After'), cell: column => <code>{column.after || '–'}</code> }
      ]}
    />
  );
}

function FigureTable(props: { diff: Diff }): React.JSX.Element {
  const trans = useTrans();
  return (
    <Table
      label={trans.__('Changed figures')}
      wide
      rows={props.diff.profile}
      rowKey={one => `${one.name} ${one.what}`}
      columns={[
        { title: trans.__('Column'), cell: one => one.name },
        { title: trans.__('Figure'), cell: one => one.what, width: '140px' },
        { title: trans.__('Before'), cell: one => shown(one.before, 'date'), num: true },
        { title: trans.__('After'), cell: one => shown(one.after, 'date'), num: true }
      ]}
    />
  );
}
