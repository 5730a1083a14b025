// What stands beside the lines of an export: the job's parameters, inputs, outputs and packages.

import * as React from 'react';

import type { IOpener } from '../api/opener';
import { useTrans } from '../ui/context';
import { cell } from '../ui/format';
import { iconOf, lockIcon } from '../ui/icons';
import { Empty, Icon, Link } from '../ui/parts';
import { Table, type TableColumn } from '../ui/table';
import type { Slice } from './tokens';
import { originWord, outputWord } from './words';

type Props = {
  slice: Slice;
  opener: IOpener;
  /** The variable that the job is made for, if it is one. */
  variable: string;
  /** Make the job for one variable only. */
  only: (variable: string) => void;
};

/** Parameters, inputs, outputs and packages. */
export function Sides(props: Props): React.JSX.Element {
  return (
    <>
      <Parameters {...props} />
      <Inputs {...props} />
      <Outputs {...props} />
      <Packages {...props} />
    </>
  );
}

function Parameters(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { slice } = props;
  const from = (row: Slice['parameters'][number]): string => {
    const view = slice.view.find(one => one.id === row.cell);
    return view ? trans.__('[%1] line %2', String(view.index), String(row.line)) : '';
  };
  return (
    <Side
      title={trans.__('Parameters')}
      note={trans.__('typed from the code')}
      rows={slice.parameters}
      columns={[
        { title: trans.__('Parameter'), cell: row => <code title={row.name}>{row.name}</code> },
        { title: trans.__('Type'), cell: row => row.type, width: '50px' },
        {
          title: trans.__('Default'),
          cell: row => <span title={cell(row.default)}>{cell(row.default)}</span>,
          num: true,
          width: '22%'
        },
        {
          title: trans.__('Kind'),
          cell: row => {
            const word = originWord(row.kind ?? 'literal', trans);
            return <span title={word}>{word}</span>;
          },
          width: '68px'
        },
        {
          title: trans.__('From'),
          cell: row => <span title={from(row)}>{from(row)}</span>,
          width: '92px'
        }
      ]}
    />
  );
}

function Inputs(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { slice, opener } = props;
  return (
    <Side
      title={trans.__('Inputs')}
      rows={slice.inputs}
      columns={[
        {
          title: trans.__('Input'),
          cell: row => (
            <span className="pj-Jobs-thing" title={row.name}>
              <Icon icon={row.kind === 'environment' ? lockIcon : iconOf(row.kind)} />
              {row.ref && opener.can(row.ref) ? (
                <Link label={row.name} onClick={() => opener.open(row.ref)} />
              ) : (
                <span>{row.name}</span>
              )}
            </span>
          )
        },
        {
          title: trans.__('Kind'),
          cell: row => (row.kind === 'environment' ? trans.__('environment variable') : row.kind),
          width: '140px'
        },
        {
          title: trans.__('Version'),
          cell: row => row.version || (row.kind === 'environment' ? '–' : trans.__('as it is')),
          width: '92px'
        }
      ]}
    />
  );
}

function Outputs(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { slice, only, variable } = props;
  const named = slice.outputs.filter(one => ['variable', 'model'].includes(one.kind)).length;
  return (
    <Side
      title={trans.__('Outputs')}
      rows={slice.outputs}
      columns={[
        {
          title: trans.__('Output'),
          cell: row => (
            <span className="pj-Jobs-thing" title={row.name}>
              <Icon icon={iconOf(row.kind === 'model' ? 'model' : 'dataset')} />
              <span>{row.name}</span>
            </span>
          )
        },
        {
          title: trans.__('Compared by'),
          cell: row => outputWord(row.kind, trans),
          width: '44%'
        },
        {
          title: '',
          cell: row =>
            !variable && named > 1 && ['variable', 'model'].includes(row.kind) ? (
              <Link
                label={trans.__('Only this')}
                title={trans.__('Keep what %1 needs, and nothing else', row.name)}
                onClick={() => only(row.name)}
              />
            ) : null,
          width: '92px'
        }
      ]}
    />
  );
}

function Packages(props: Props): React.JSX.Element | null {
  const trans = useTrans();
  const packages = Object.entries(props.slice.environment ?? {});
  if (packages.length === 0) {
    return null;
  }
  return (
    <>
      <h2 className="pj-H">
        {trans.__('Environment')}
        <span className="pj-Dim">
          {trans._n(
            '%1 package, here; the lock takes the kernel’s',
            '%1 packages, here; the lock takes the kernel’s',
            packages.length,
            packages.length
          )}
        </span>
      </h2>
      <div className="pj-Pad pj-Jobs-packages">
        {packages.map(([name, version]) => (
          <span key={name}>
            {name} <span className="pj-Dim">{version}</span>
          </span>
        ))}
      </div>
    </>
  );
}

function Side<T extends { name: string }>(props: {
  title: string;
  note?: string;
  rows: readonly T[];
  columns: TableColumn<T>[];
}): React.JSX.Element {
  const trans = useTrans();
  const { title, note, rows, columns } = props;
  return (
    <>
      <h2 className="pj-H">
        {title}
        <span className="pj-Dim">
          {[String(rows.length), rows.length > 0 && note].filter(Boolean).join(', ')}
        </span>
      </h2>
      {rows.length === 0 ? (
        <Empty text={trans.__('None.')} />
      ) : (
        <Table label={title} wide rows={rows} rowKey={row => row.name} columns={columns} />
      )}
    </>
  );
}
