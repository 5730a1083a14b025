// The grid's colours and letters, taken from Lab's theme, so that it looks like a table beside it.

import { CellRenderer, type DataGrid, type GraphicsContext, TextRenderer } from '@lumino/datagrid';

import { cell } from '../../ui/format';
import { LOADING } from './data';
import { isNumber } from './filters';
import type { Sort } from './windows';

/** Reads a variable of the theme. */
export type Variable = (name: string) => string;

/** The variables as they are now for an element. */
export function variablesOf(node: HTMLElement): Variable {
  const style = getComputedStyle(node);
  return name => style.getPropertyValue(name).trim();
}

/** The grid's style in the present theme. */
export function styleOf(at: Variable): DataGrid.Style {
  const ground = at('--jp-layout-color1');
  const line = at('--pj-line') || at('--jp-border-color2');
  return {
    voidColor: ground,
    backgroundColor: ground,
    gridLineColor: line,
    verticalGridLineColor: 'transparent',
    horizontalGridLineColor: line,
    headerBackgroundColor: ground,
    headerGridLineColor: line,
    headerVerticalGridLineColor: line,
    headerHorizontalGridLineColor: at('--jp-border-color1'),
    selectionFillColor: mixed(at('--jp-brand-color1'), 0.16),
    selectionBorderColor: at('--jp-brand-color1'),
    cursorFillColor: mixed(at('--jp-brand-color1'), 0.16),
    cursorBorderColor: at('--jp-brand-color1'),
    headerSelectionFillColor: mixed(at('--jp-brand-color1'), 0.1),
    headerSelectionBorderColor: 'transparent',
    scrollShadow: { size: 0, color1: 'transparent', color2: 'transparent', color3: 'transparent' }
  };
}

/** A colour of the theme made transparent; the theme writes them as names, hex or rgb(). */
export function mixed(colour: string, share: number): string {
  return `color-mix(in srgb, ${colour || 'dodgerblue'} ${Math.round(share * 100)}%, transparent)`;
}

/** Text of a cell: values as the tables show them, missing ones as a dash. */
export function bodyRenderer(at: Variable): TextRenderer {
  const font = `${at('--pj-small') || '12px'} ${at('--jp-ui-font-family')}`;
  const [plain, dim] = [at('--jp-ui-font-color1'), at('--jp-ui-font-color2')];
  return new TextRenderer({
    font,
    textColor: ({ value }) => (value === null || value === undefined ? dim : plain),
    horizontalAlignment: ({ metadata }) =>
      isNumber(String(metadata.type ?? '')) ? 'right' : 'left',
    elideDirection: 'right',
    format: ({ value, metadata }) => (value === LOADING ? '' : shown(value, metadata.type))
  });
}

/** A value as a table shows it; times with a space in the middle. */
export function shown(value: unknown, type: unknown): string {
  const text = cell(value);
  return /time|date/i.test(String(type)) ? text.replace(/^(\d{4}-\d\d-\d\d)T/, '$1 ') : text;
}

/** Row numbers. */
export function numberRenderer(at: Variable): TextRenderer {
  return new TextRenderer({
    font: `11px ${at('--jp-ui-font-family')}`,
    textColor: at('--jp-ui-font-color2'),
    horizontalAlignment: 'right',
    format: ({ value }) => (typeof value === 'number' ? value.toLocaleString('en-US') : '')
  });
}

/** A column's head: its name, its type after it, and at the right how it is ordered. */
export class HeadRenderer extends CellRenderer {
  constructor(
    private readonly _at: Variable,
    private readonly _sort: () => readonly Sort[]
  ) {
    super();
  }

  paint(gc: GraphicsContext, config: CellRenderer.CellConfig): void {
    if (config.row !== 0 || config.value === '') {
      return;
    }
    const [family, size] = [this._at('--jp-ui-font-family'), this._at('--pj-small') || '12px'];
    const order = this._order(String(config.value));
    const room = config.width - 16 - (order ? 24 : 0);
    const y = config.y + config.height / 2 + 1;
    gc.textBaseline = 'middle';
    gc.textAlign = 'left';
    gc.font = `600 ${size} ${family}`;
    gc.fillStyle = this._at('--jp-ui-font-color1');
    const name = cut(gc, String(config.value), room);
    gc.fillText(name, config.x + 8, y);
    const used = gc.measureText(name).width + 8;
    gc.font = `11px ${family}`;
    gc.fillStyle = this._at('--jp-ui-font-color2');
    if (room - used > 24) {
      gc.fillText(cut(gc, String(config.metadata.type ?? ''), room - used), config.x + 8 + used, y);
    }
    if (order) {
      gc.textAlign = 'right';
      gc.fillStyle = this._at('--jp-brand-color1');
      gc.fillText(order, config.x + config.width - 8, y);
    }
  }

  private _order(column: string): string {
    const sort = this._sort();
    const index = sort.findIndex(one => one.column === column);
    if (index < 0) {
      return '';
    }
    return `${sort[index].descending ? '▼' : '▲'}${sort.length > 1 ? index + 1 : ''}`;
  }
}

function cut(gc: GraphicsContext, text: string, room: number): string {
  if (gc.measureText(text).width <= room) {
    return text;
  }
  let shown = text;
  while (shown.length > 1 && gc.measureText(`${shown}…`).width > room) {
    shown = shown.slice(0, -1);
  }
  return `${shown}…`;
}
