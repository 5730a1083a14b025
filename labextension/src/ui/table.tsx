// A dense table: 25 px head, 24 px rows, numbers right.

import * as React from 'react';

/** One column: its title, how to draw a cell, and whether it holds numbers. */
export type TableColumn<T> = {
  title: string;
  cell: (row: T) => React.ReactNode;
  num?: boolean;
  width?: string;
};

type Props<T> = {
  label: string;
  columns: TableColumn<T>[];
  rows: readonly T[];
  rowKey: (row: T, index: number) => string;
  /** Enter or double click opens a row. */
  onOpen?: (row: T) => void;
  /** A click or the arrow keys choose a row. */
  onChoose?: (row: T) => void;
  /** The key of the chosen row. */
  chosen?: string;
  wide?: boolean;
};

/** Rows under columns. */
export function Table<T>(props: Props<T>): React.JSX.Element {
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
          <Line key={props.rowKey(row, index)} {...props} row={row} index={index}>
            {props.columns.map(column => (
              <td key={column.title} className={side(column)}>
                {column.cell(row)}
              </td>
            ))}
          </Line>
        ))}
      </tbody>
    </table>
  );
}

function Line<T>(
  props: Props<T> & { row: T; index: number; children: React.ReactNode }
): React.JSX.Element {
  const { row, index, rowKey, onOpen, onChoose, chosen } = props;
  const key = rowKey(row, index);
  const keys = (event: React.KeyboardEvent<HTMLTableRowElement>): void => {
    const next = {
      ArrowDown: event.currentTarget.nextElementSibling,
      ArrowUp: event.currentTarget.previousElementSibling
    }[event.key];
    if (event.key === 'Enter' && event.target === event.currentTarget) {
      (onOpen ?? onChoose)?.(row);
    } else if (next instanceof HTMLElement) {
      event.preventDefault();
      next.focus();
    }
  };
  return (
    <tr
      className={chosen === key ? 'pj-mod-chosen' : undefined}
      aria-selected={onChoose ? chosen === key : undefined}
      data-ref={key}
      tabIndex={onOpen || onChoose ? 0 : undefined}
      onClick={() => onChoose?.(row)}
      onFocus={event => event.target === event.currentTarget && onChoose?.(row)}
      onDoubleClick={() => onOpen?.(row)}
      onKeyDown={keys}
    >
      {props.children}
    </tr>
  );
}
