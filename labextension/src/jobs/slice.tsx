// What a job would hold: each line with the reason it stays or goes, and the job's parameters, inputs and outputs.

import { checkIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Schemas } from '../api/client';
import type { IOpener } from '../api/opener';
import { useTrans } from '../ui/context';
import { cell } from '../ui/format';
import { Empty, Icon, Link, Notice } from '../ui/parts';
import { Table, type TableColumn } from '../ui/table';
import type { Slice } from './tokens';

type CellView = Schemas['CellView'];

/** Counts kept lines and cells. */
export function tally(view: readonly CellView[]): {
  lines: number;
  kept: number;
  cells: number;
  keptCells: number;
} {
  const lines = view.flatMap(one => one.lines);
  return {
    lines: lines.length,
    kept: lines.filter(line => line.kept).length,
    cells: view.length,
    keptCells: view.filter(one => one.kept).length
  };
}

/** Lines at the left, parameters, inputs and outputs at the right. */
export function SliceView(props: { slice: Slice; opener: IOpener }): React.JSX.Element {
  const trans = useTrans();
  const { slice } = props;
  const [keptOnly, setKeptOnly] = React.useState(false);
  const { lines, kept, cells, keptCells } = tally(slice.view);
  return (
    <div className="pj-Columns">
      <div className="pj-Columns-main">
        <h2 className="pj-H">
          {trans.__('What goes into the job')}
          <span className="pj-Dim">
            {trans.__(
              '%1 of %2 lines, from %3 of %4 cells',
              String(kept),
              String(lines),
              String(keptCells),
              String(cells)
            )}
          </span>
          <span className="pj-Spacer" />
          <label className="pj-Jobs-keptOnly">
            <input
              type="checkbox"
              checked={keptOnly}
              onChange={event => setKeptOnly(event.target.checked)}
            />
            {trans.__('Kept only')}
          </label>
        </h2>
        {slice.warnings.map(warning => (
          <Notice key={warning} sign="warn" title={warning} />
        ))}
        {slice.opaque.map(reason => (
          <Notice key={reason} sign="warn" title={reason} />
        ))}
        {slice.view
          .filter(one => one.kept || !keptOnly)
          .map(one => (
            <CellLines key={one.id} view={one} keptOnly={keptOnly} />
          ))}
      </div>
      <div className="pj-Columns-side">
        <Sides {...props} />
      </div>
    </div>
  );
}

function CellLines(props: { view: CellView; keptOnly: boolean }): React.JSX.Element {
  const trans = useTrans();
  const { view, keptOnly } = props;
  const [open, setOpen] = React.useState(view.kept);
  const lines = view.lines.filter(line => line.kept || !keptOnly);
  return (
    <section className="pj-Jobs-cell" data-cell={view.id} data-kept={view.kept}>
      <button
        type="button"
        className="pj-Jobs-cellHead"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <span className={`pj-Twist${open ? ' pj-mod-open' : ''}`} aria-hidden="true" />
        <code>[{view.index + 1}]</code>
        <span className="pj-Dim">{view.note}</span>
      </button>
      {open && (
        <div
          className="pj-Lines"
          role="table"
          aria-label={trans.__('Lines of cell %1', String(view.index + 1))}
        >
          {lines.map(line => (
            <div
              key={line.number}
              role="row"
              className={`pj-Line${line.kept ? '' : ' pj-mod-cut'}`}
            >
              <span
                role="cell"
                className="pj-Line-tick"
                title={line.kept ? trans.__('kept') : trans.__('left out')}
              >
                {line.kept && <Icon icon={checkIcon} />}
              </span>
              <span role="cell" className="pj-Line-number">
                {line.number}
              </span>
              <span role="cell" className="pj-Line-code">
                {line.text || ' '}
              </span>
              <span role="cell" className="pj-Line-why" title={line.reason}>
                {line.reason}
              </span>
            </div>
          ))}
        </div>
      )}
    </section>
  );
}

function Sides(props: { slice: Slice; opener: IOpener }): React.JSX.Element {
  const trans = useTrans();
  const { slice, opener } = props;
  return (
    <>
      <Side
        title={trans.__('Parameters')}
        rows={slice.parameters}
        columns={[
          { title: trans.__('Parameter'), cell: row => <code>{row.name}</code> },
          { title: trans.__('Type'), cell: row => row.type },
          { title: trans.__('Default'), cell: row => cell(row.default), num: true },
          { title: trans.__('Line'), cell: row => row.line, num: true, width: '64px' }
        ]}
      />
      <Side
        title={trans.__('Inputs')}
        rows={slice.inputs}
        columns={[
          {
            title: trans.__('Input'),
            cell: row =>
              row.ref ? <Link label={row.name} onClick={() => opener.open(row.ref)} /> : row.name
          },
          { title: trans.__('Kind'), cell: row => row.kind, width: '120px' }
        ]}
      />
      <Side
        title={trans.__('Outputs')}
        rows={slice.outputs}
        columns={[
          { title: trans.__('Output'), cell: row => row.name },
          { title: trans.__('Kind'), cell: row => row.kind, width: '120px' }
        ]}
      />
    </>
  );
}

function Side<T extends { name: string }>(props: {
  title: string;
  rows: readonly T[];
  columns: TableColumn<T>[];
}): React.JSX.Element {
  const trans = useTrans();
  const { title, rows, columns } = props;
  return (
    <>
      <h2 className="pj-H">
        {title} <span className="pj-Dim">{rows.length}</span>
      </h2>
      {rows.length === 0 ? (
        <Empty text={trans.__('None.')} />
      ) : (
        <Table label={title} wide rows={rows} rowKey={row => row.name} columns={columns} />
      )}
    </>
  );
}
