// Lab's grid over a dataset's rows: a click on a head orders, a row of fields under the heads filters, Ctrl C copies.

import {
  BasicKeyHandler,
  BasicMouseHandler,
  BasicSelectionModel,
  DataGrid,
  RendererMap
} from '@lumino/datagrid';
import type { IMessageHandler, Message } from '@lumino/messaging';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

import { cell } from '../../ui/format';
import { LOADING, WindowData } from './data';
import { bodyRenderer, HeadRenderer, numberRenderer, styleOf, variablesOf } from './looks';
import type { Change, Windows } from './windows';

/** Heights of rows, heads and the row of fields, as tables have them. */
const SIZES = { rowHeight: 24, columnWidth: 140, rowHeaderWidth: 56, columnHeaderHeight: 25 };
const [NARROWEST, WIDEST] = [72, 320];

/** Where a column stands on the screen, from the left edge of the grid. */
export type Slot = { column: number; left: number; width: number };

class HeadClicks extends BasicMouseHandler {
  constructor(private readonly _windows: Windows) {
    super();
  }

  override onMouseHover(grid: DataGrid, event: MouseEvent): void {
    super.onMouseHover(grid, event);
    const hit = grid.hitTest(event.clientX, event.clientY);
    const heads = hit.region === 'column-header' && hit.row === 0;
    if (heads && !grid.viewport.node.style.cursor.includes('resize')) {
      grid.viewport.node.style.cursor = 'pointer';
    }
    const told = hit.region === 'body' ? grid.dataModel?.data('body', hit.row, hit.column) : '';
    grid.viewport.node.title =
      typeof told === 'string' && told.length * 6 > hit.width
        ? told.slice(0, 600)
        : heads
          ? headTip(this._windows, hit.column)
          : '';
  }

  override onMouseDown(grid: DataGrid, event: MouseEvent): void {
    const hit = grid.hitTest(event.clientX, event.clientY);
    const edge = Math.min(hit.x, hit.width - hit.x) < 6;
    if (hit.region === 'column-header' && hit.row === 0 && !edge && event.button === 0) {
      const column = this._windows.columns?.[hit.column];
      if (column) {
        this._windows.sortBy(column.name, event.shiftKey);
      }
      return;
    }
    super.onMouseDown(grid, event);
  }
}

function headTip(windows: Windows, column: number): string {
  const { name, type } = windows.columns?.[column] ?? {};
  return name ? `${name}: ${type}` : '';
}

/** The grid of a preview. */
export class PreviewGrid extends DataGrid {
  constructor(private readonly _windows: Windows) {
    super({
      defaultSizes: SIZES,
      minimumSizes: { ...SIZES, columnWidth: 48, rowHeaderWidth: 32 },
      copyConfig: {
        separator: '\t',
        format: ({ value }) => (value === LOADING || value === null ? '' : cell(value)),
        headers: 'column',
        warningThreshold: 1e6
      },
      stretchLastColumn: false
    });
    this.addClass('pj-Grid');
    const model = new WindowData(_windows);
    this.dataModel = model;
    this.keyHandler = new BasicKeyHandler();
    this.mouseHandler = new HeadClicks(_windows);
    this.selectionModel = new BasicSelectionModel({ dataModel: model });
    this._model = model;
    this._themes = new MutationObserver(() => this._dress());
    this._themes.observe(document.body, { attributeFilter: ['data-jp-theme-name'] });
    _windows.changed.connect(this._onChanged, this);
  }

  /** Fires when columns may have moved on the screen. */
  get moved(): ISignal<this, void> {
    return this._moved;
  }

  /** The columns that can be seen now. */
  get slots(): Slot[] {
    const slots: Slot[] = [];
    const end = this.viewportWidth;
    for (let column = 0; column < this.columnCount('body'); column += 1) {
      const left = this.headerWidth + this.columnOffset('body', column) - this.scrollX;
      const width = this.columnSize('body', column);
      if (left >= end) {
        break;
      }
      if (left + width > this.headerWidth) {
        slots.push({ column, left, width });
      }
    }
    return slots;
  }

  override messageHook(handler: IMessageHandler, msg: Message): boolean {
    const passed = super.messageHook(handler, msg);
    this._tell();
    return passed;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._themes.disconnect();
      this._windows.changed.disconnect(this._onChanged, this);
      this._model.dispose();
      Signal.clearData(this);
    }
    super.dispose();
  }

  override scrollTo(x: number, y: number): void {
    super.scrollTo(x, y);
    this._tell();
  }

  protected override onBeforeAttach(msg: Message): void {
    super.onBeforeAttach(msg);
    this._fresh = true;
    requestAnimationFrame(() => this._dress());
  }

  protected override onResize(msg: Widget.ResizeMessage): void {
    super.onResize(msg);
    this._tell();
  }

  private _onChanged(_: Windows, change: Change): void {
    if (change.what === 'reset' || change.what === 'rows') {
      this._fit();
    }
    this._tell();
  }

  /** Make each column as wide as its head and first rows need, once. */
  private _fit(): void {
    if (!this._fresh || !this.isAttached || this._windows.length === 0) {
      return;
    }
    this._fresh = false;
    const at = variablesOf(this.node);
    const pen = document.createElement('canvas').getContext('2d');
    const columns = this._windows.columns ?? [];
    const rows = Array.from({ length: Math.min(40, this._windows.length) }, (_, row) =>
      this._windows.row(row)
    );
    const family = at('--jp-ui-font-family');
    const wide = (text: string, font: string): number => {
      if (pen) {
        pen.font = font;
      }
      return pen?.measureText(text).width ?? text.length * 7;
    };
    columns.forEach(({ name, type }, column) => {
      const head = wide(name, `600 12px ${family}`) + wide(type, `11px ${family}`) + 48;
      const texts = rows.map(row => wide(cell(row?.[column]).slice(0, 80), `12px ${family}`) + 20);
      const width = Math.max(NARROWEST, head, ...texts);
      this.resizeColumn('body', column, Math.ceil(Math.min(WIDEST, width)));
    });
    const digits = wide(this._windows.length.toLocaleString('en-US'), `11px ${family}`);
    this.resizeColumn('row-header', 0, Math.max(40, Math.ceil(digits + 18)));
  }

  private _dress(): void {
    if (this.isDisposed || !this.isAttached) {
      return;
    }
    const at = variablesOf(this.node);
    this.style = styleOf(at);
    this.cellRenderers = new RendererMap({
      body: bodyRenderer(at),
      'row-header': numberRenderer(at),
      'column-header': new HeadRenderer(at, () => this._windows.sort),
      'corner-header': numberRenderer(at)
    });
    this._fit();
    this._tell();
  }

  private _tell(): void {
    if (this._told || !this._moved) {
      return;
    }
    this._told = requestAnimationFrame(() => {
      this._told = 0;
      if (!this.isDisposed) {
        this._moved.emit();
      }
    });
  }

  private readonly _moved = new Signal<this, void>(this);
  private readonly _model: WindowData;
  private readonly _themes: MutationObserver;
  private _told = 0;
  private _fresh = true;
}
