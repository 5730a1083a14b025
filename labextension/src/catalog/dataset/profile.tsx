// The profile: the columns at the left, all figures of the chosen one at the right.

import * as React from 'react';

import { useTrans } from '../../ui/context';
import { cell, count, figure } from '../../ui/format';
import { Empty, KV, Skeleton } from '../../ui/parts';
import { Table } from '../../ui/table';
import { shown } from '../grid/looks';
import { basisWords, percent } from '../words';
import type { ColumnProfile } from '../wire';
import { BasisLine } from './basis';
import { Histogram } from './histogram';
import type { TabProps } from './page';

/** The profile tab. */
export function ProfileTab(props: TabProps): React.JSX.Element {
  const trans = useTrans();
  const { page } = props;
  React.useEffect(() => void page.sample(), [page]);
  const { profile } = page;
  if (!profile) {
    return (
      <>
        <div className="pj-Filter">
          <BasisLine {...props} />
        </div>
        {!page.problem && <Skeleton rows={8} label={trans.__('Loading')} />}
      </>
    );
  }
  const chosen = page.figures(page.column) ?? profile.columns[0];
  return (
    <>
      <div className="pj-Filter">
        <BasisLine {...props} />
      </div>
      <div className="pj-Columns">
        <div className="pj-Columns-main">
          <Overview {...props} columns={profile.columns} chosen={chosen?.name ?? ''} />
        </div>
        <div className="pj-Columns-side">
          {chosen ? <Figures figures={chosen} /> : <Empty text={trans.__('No columns.')} />}
        </div>
      </div>
    </>
  );
}

function Overview(
  props: TabProps & { columns: ColumnProfile[]; chosen: string }
): React.JSX.Element {
  const trans = useTrans();
  const { page, columns, chosen } = props;
  return (
    <Table
      label={trans.__('Profile')}
      wide
      rows={columns}
      rowKey={column => column.name}
      chosen={chosen}
      onChoose={column => page.choose(column.name)}
      columns={[
        { title: trans.__('Column'), cell: column => column.name },
        {
          title: trans.__('Spread'),
          cell: column => <Histogram figures={column} />,
          width: '108px'
        },
        { title: trans.__('Mean'), cell: column => figure(column.mean), num: true, width: '90px' },
        {
          title: trans.__('Deviation'),
          cell: column => figure(column.std),
          num: true,
          width: '90px'
        },
        { title: trans.__('Median'), cell: column => middle(column), num: true, width: '120px' },
        {
          title: trans.__('Empty'),
          cell: column => percent(column.nullShare),
          num: true,
          width: '70px'
        }
      ]}
    />
  );
}

function middle(column: ColumnProfile): string {
  return quantile(column, '0.5');
}

function quantile(column: ColumnProfile, share: string): string {
  const value = (column.quantiles as Record<string, unknown> | undefined)?.[share];
  return typeof value === 'number' ? figure(value) : shown(value, column.type);
}

function Figures(props: { figures: ColumnProfile }): React.JSX.Element {
  const trans = useTrans();
  const { figures } = props;
  const shares = Object.keys(figures.quantiles ?? {}).sort((a, b) => Number(a) - Number(b));
  const items: [string, React.ReactNode][] = [
    [trans.__('Type'), <code key="type">{figures.type}</code>],
    [trans.__('Values'), count(figures.count)],
    [trans.__('Empty'), `${count(figures.nulls)} (${percent(figures.nullShare)})`],
    [trans.__('Distinct'), count(figures.distinct)],
    [trans.__('Least'), shown(figures.min, figures.type)],
    ...shares.map((share): [string, React.ReactNode] => [
      `${Number((Number(share) * 100).toFixed(2))} %`,
      quantile(figures, share)
    ]),
    [trans.__('Greatest'), shown(figures.max, figures.type)]
  ];
  return (
    <>
      <h2 className="pj-H">{figures.name}</h2>
      <div className="pj-Pad">
        <Histogram figures={figures} width={420} height={96} />
        <Ends figures={figures} />
        <KV items={items} />
        <Common figures={figures} />
        <p className="pj-Note">{basisWords(figures.basis, trans)}</p>
        {figures.problem && <p className="pj-Note">{figures.problem}</p>}
      </div>
    </>
  );
}

/** What the outer bars stand for. */
function Ends(props: { figures: ColumnProfile }): React.JSX.Element | null {
  const bins = props.figures.bins ?? [];
  return bins.length > 0 ? (
    <div className="pj-Histogram-ends pj-Note">
      <span>{shown(bins[0].low, props.figures.type)}</span>
      <span>{shown(bins.at(-1)?.high, props.figures.type)}</span>
    </div>
  ) : null;
}

function Common(props: { figures: ColumnProfile }): React.JSX.Element | null {
  const trans = useTrans();
  const { figures } = props;
  const common = (figures.common ?? []).slice(0, 10);
  if (common.length === 0) {
    return null;
  }
  return (
    <Table
      label={trans.__('Most common values')}
      rows={common}
      rowKey={(_, index) => String(index)}
      columns={[
        { title: trans.__('Most common'), cell: one => cell(one.value) },
        { title: trans.__('Rows'), cell: one => count(one.count), num: true, width: '90px' },
        {
          title: trans.__('Share'),
          cell: one => percent(figures.count ? one.count / figures.count : null),
          num: true,
          width: '70px'
        }
      ]}
    />
  );
}
