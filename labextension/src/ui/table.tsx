// A dense table: 25 px head, 24 px rows, numbers right.

import * as React from 'react';

/** One column: its title, how to draw a cell, and whether it holds numbers. */
export type TableColumn<T> = {
  title: string;
  cell: (row: T) => React.ReactNode;
  num?: boolean;
  width?: string;
};

/** Rows under columns; Enter or double click opens a row where `onOpen` is given. */
export function Table<T>(props: {
  label: string;
  columns: TableColumn<T>[];
  rows: readonly T[];
  rowKey: (row: T, index: number) => string;
  onOpen?: (row: T) => void;
  wide?: boolean;
}): React.JSX.Element {
  const side = (column: TableColumn<T>): string | undefined => (column.num ? 'pj-Num' : undefined);
  return (
    <table className={`pj-Table${props.wide ? ' pj-mod-wide' : ''}`} aria-label={props.label}>
      <thead>
        <tr>
          {props.columns.map(column => (
            <th
              key={column.title}
              scope="col"
              className={side(column)}
              style={{ width: column.width }}
            >
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.rows.map((row, index) => (
          <tr
            key={props.rowKey(row, index)}
            data-ref={props.rowKey(row, index)}
            tabIndex={props.onOpen ? 0 : undefined}
            onDoubleClick={() => props.onOpen?.(row)}
            onKeyDown={event => event.key === 'Enter' && props.onOpen?.(row)}
          >
            {props.columns.map(column => (
              <td key={column.title} className={side(column)}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
