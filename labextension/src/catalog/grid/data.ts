// The pages of rows as Lab's grid reads them.

import { DataModel } from '@lumino/datagrid';

import type { Change, Windows } from './windows';

/** What a cell shows while its page is fetched. */
export const LOADING = Symbol('loading');

/** A grid's model over windows of rows: row numbers at the left, names and room for filters on top. */
export class WindowData extends DataModel {
  constructor(readonly windows: Windows) {
    super();
    windows.changed.connect(this._onChanged, this);
  }

  rowCount(region: DataModel.RowRegion): number {
    return region === 'body' ? this.windows.length : 2;
  }

  columnCount(region: DataModel.ColumnRegion): number {
    return region === 'body' ? (this.windows.columns?.length ?? 0) : 1;
  }

  data(region: DataModel.CellRegion, row: number, column: number): unknown {
    if (region === 'row-header') {
      return row + 1;
    }
    if (region === 'column-header') {
      return row === 0 ? this.windows.columns?.[column]?.name : '';
    }
    if (region === 'corner-header') {
      return '';
    }
    const values = this.windows.row(row);
    return values ? values[column] : LOADING;
  }

  override metadata(
    region: DataModel.CellRegion,
    _row: number,
    column: number
  ): DataModel.Metadata {
    const type = this.windows.columns?.[column]?.type;
    return region === 'row-header' || !type ? DataModel.emptyMetadata : { type };
  }

  /** Hear no more of the windows. */
  dispose(): void {
    this.windows.changed.disconnect(this._onChanged, this);
  }

  private _onChanged(_: Windows, change: Change): void {
    if (change.what === 'reset') {
      this.emitChanged({ type: 'model-reset' });
    } else if (change.what === 'rows') {
      const span = { columnSpan: this.columnCount('body'), rowSpan: change.to - change.from };
      this.emitChanged({
        type: 'cells-changed',
        region: 'body',
        row: change.from,
        column: 0,
        ...span
      });
    } else if (change.what === 'length') {
      const span = change.after - change.before;
      this.emitChanged({
        type: span > 0 ? 'rows-inserted' : 'rows-removed',
        region: 'body',
        index: Math.min(change.before, change.after),
        span: Math.abs(span)
      });
    }
  }
}
