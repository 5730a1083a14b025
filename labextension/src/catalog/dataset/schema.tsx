// The schema: every column with its spread, its empty share and its ends, and below what one can ask of the chosen one.

import * as React from 'react';

import { useTrans } from '../../ui/context';
import { cell, count, short } from '../../ui/format';
import { Bar, Link } from '../../ui/parts';
import { Table } from '../../ui/table';
import { shown } from '../grid/looks';
import { percent } from '../words';
import type { ColumnProfile, Dataset } from '../wire';
import { BasisLine } from './basis';
import { Histogram } from './histogram';
import type { TabProps } from './page';

type Column = Dataset['columns'][number];

/** The schema tab. */
export function SchemaTab(props: TabProps): React.JSX.Element {
  const trans = useTrans();
  const { dataset, page } = props;
  const [filter, setFilter] = React.useState('');
  React.useEffect(() => void page.sample(), [page]);
  const wanted = filter.trim().toLowerCase();
  const rows = columnsOf(dataset, page).filter(column =>
    `${column.name} ${column.type} ${column.description ?? ''}`.toLowerCase().includes(wanted)
  );
  return (
    <>
      <div className="pj-Filter">
        <input
          type="search"
          className="pj-In"
          aria-label={trans.__('Filter columns')}
          placeholder={trans.__('Filter %1 columns', String(dataset.columns.length))}
          value={filter}
          onChange={event => setFilter(event.target.value)}
        />
        <BasisLine {...props} />
      </div>
      <Columns {...props} rows={rows} />
      <Chosen {...props} />
    </>
  );
}

/** The columns of the version that is looked at: of an earlier one as its figures name them. */
function columnsOf(dataset: Dataset, page: TabProps['page']): Column[] {
  const figures = page.version ? page.profile?.columns : undefined;
  return (
    figures?.map(({ name, type }) => ({
      description: dataset.columns.find(column => column.name === name)?.description,
      name,
      type,
      nullable: true
    })) ?? dataset.columns
  );
}

function Columns(props: TabProps & { rows: Column[] }): React.JSX.Element {
  const trans = useTrans();
  const { page, rows, dataset } = props;
  const of = (column: Column): ColumnProfile | undefined => page.figures(column.name);
  return (
    <Table
      label={trans.__('Schema')}
      wide
      rows={rows}
      rowKey={column => column.name}
      chosen={page.column}
      onChoose={column => page.choose(column.name)}
      columns={[
        { title: trans.__('Column'), cell: column => <b title={column.name}>{column.name}</b> },
        {
          title: trans.__('Type'),
          cell: column => <code title={column.type}>{column.type}</code>,
          width: '14%'
        },
        {
          title: trans.__('Distribution'),
          cell: column => <Histogram figures={of(column)} />,
          width: '108px'
        },
        {
          title: trans.__('Empty'),
          cell: column => <EmptyShare column={column} figures={of(column)} rows={dataset.rows} />,
          width: '150px'
        },
        {
          title: trans.__('Distinct'),
          cell: column => distinct(of(column)),
          num: true,
          width: '84px'
        },
        {
          title: trans.__('Least'),
          cell: column => end(column, of(column)?.min ?? column.min),
          num: true,
          width: '13%'
        },
        {
          title: trans.__('Greatest'),
          cell: column => end(column, of(column)?.max ?? column.max),
          num: true,
          width: '13%'
        },
        { title: trans.__('Notes'), cell: column => <Notes column={column} figures={of(column)} /> }
      ]}
    />
  );
}

function distinct(figures: ColumnProfile | undefined): string {
  const value = figures?.distinct;
  return value === null || value === undefined ? '–' : short(value);
}

function end(column: Column, value: unknown): React.ReactNode {
  const text = value === null || value === undefined ? '–' : shown(value, column.type);
  return <span title={text}>{text}</span>;
}

function EmptyShare(props: {
  column: Column;
  figures: ColumnProfile | undefined;
  rows: number | null;
}): React.JSX.Element {
  const trans = useTrans();
  const { column, figures, rows } = props;
  const told = column.nulls === null || column.nulls === undefined ? undefined : column.nulls;
  const own = told !== undefined && rows ? told / rows : undefined;
  const share = own ?? figures?.nullShare ?? undefined;
  if (share === undefined) {
    return <span className="pj-Dim">{column.nullable ? '–' : trans.__('never')}</span>;
  }
  return (
    <span className="pj-Empty-share">
      <Bar value={share} label={trans.__('Empty in %1', column.name)} />
      <span className="pj-Num">{percent(share)}</span>
    </span>
  );
}

function Notes(props: { column: Column; figures: ColumnProfile | undefined }): React.JSX.Element {
  const trans = useTrans();
  const { column, figures } = props;
  const unique =
    figures?.distinct && figures.count && figures.distinct === figures.count && figures.count > 1;
  const words = [
    column.description,
    unique ? trans.__('Unique') : '',
    figures?.problem,
    column.nullable ? '' : trans.__('Never empty')
  ].filter(Boolean);
  const text = words.join('. ');
  return (
    <span className="pj-Dim" title={text}>
      {text}
    </span>
  );
}

/** The chosen column: its figures in words, and what one can ask. */
function Chosen(props: TabProps): React.JSX.Element | null {
  const trans = useTrans();
  const { page } = props;
  const figures = page.figures(page.column);
  if (!page.column) {
    return null;
  }
  const common = (figures?.common ?? []).slice(0, 5);
  return (
    <div className="pj-Chosen">
      <h2 className="pj-H">
        {page.column} <span className="pj-Dim">{trans.__('selected column')}</span>
      </h2>
      <div className="pj-Pad">
        {common.length > 0 && (
          <div>
            <span className="pj-Dim">{trans.__('Most common')}</span>{' '}
            {common.map(one => `${cell(one.value)} (${count(one.count)})`).join(', ')}
          </div>
        )}
        <Link
          label={trans.__('What breaks if it goes')}
          onClick={() => page.askImpact(page.column)}
        />
        {' · '}
        <Link label={trans.__('All figures')} onClick={() => page.show('profile')} />
      </div>
    </div>
  );
}
