// What a person chose to export, and which lines they force in or out.

import { parseRef } from '../api/opener';
import { parseCell } from '../notebook/cursor';
import type { CellView, KeptLine, LineRef } from './tokens';

/** What to export of a notebook: cells, or a variable, or what a run, a model or an output file needs. */
export type Wish = { notebook: string; cells: string[]; variable: string; ref: string };

/** Lines forced in and out. */
export type Forced = { keep: LineRef[]; drop: LineRef[] };

/** The ref of a wish's page: `export:<notebook>?cell=…`. */
export function wishRef(wish: Wish): string {
  const query = new URLSearchParams(wish.cells.map(cell => ['cell', cell]));
  if (wish.variable) {
    query.set('variable', wish.variable);
  }
  if (wish.ref) {
    query.set('ref', wish.ref);
  }
  return `export:${encodeURIComponent(wish.notebook)}?${query.toString()}`;
}

/** The wish of a page's ref; a cell's own ref will do, too. */
export function parseWish(ref: string): Wish {
  const { kind, id } = parseRef(ref);
  if (kind === 'cell') {
    const { path, cell } = parseCell(id);
    return { notebook: path, cells: [cell], variable: '', ref: '' };
  }
  const mark = id.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : id.slice(mark + 1));
  return {
    notebook: decodeURIComponent(mark < 0 ? id : id.slice(0, mark)),
    cells: query.getAll('cell'),
    variable: query.get('variable') ?? '',
    ref: query.get('ref') ?? ''
  };
}

/** Whether a line can be forced: blank lines and comments come and go with what stands around them. */
export function canForce(line: KeptLine): boolean {
  const text = line.text.trim();
  return text !== '' && !text.startsWith('#');
}

/** The first and last line of the statement that a line belongs to, as far as its indentation tells. */
export function statementOf(lines: readonly KeptLine[], number: number): [number, number] {
  const goesOn = (text: string): boolean =>
    /^(\s|[)\]}]|(else|elif|except|finally)\b)/.test(text) || text === '';
  const at = lines.findIndex(line => line.number === number);
  let first = at;
  while (first > 0 && (goesOn(lines[first].text) || lines[first - 1].text.startsWith('@'))) {
    first -= 1;
  }
  let last = at;
  while (last + 1 < lines.length && goesOn(lines[last + 1].text)) {
    last += 1;
  }
  return [lines[first]?.number ?? number, lines[last]?.number ?? number];
}

/** How a line is forced, or undefined where the slice decides. */
export function howForced(
  forced: Forced,
  view: CellView,
  number: number
): 'in' | 'out' | undefined {
  const [first, last] = statementOf(view.lines, number);
  const has = (refs: LineRef[]): boolean =>
    refs.some(one => one.cell === view.id && first <= one.line && one.line <= last);
  return has(forced.keep) ? 'in' : has(forced.drop) ? 'out' : undefined;
}

/** Turn a line over: what was forced is free again, what was free is forced to the other side. */
export function turnOver(forced: Forced, view: CellView, line: KeptLine): Forced {
  const [first, last] = statementOf(view.lines, line.number);
  const free = (refs: LineRef[]): LineRef[] =>
    refs.filter(one => one.cell !== view.id || one.line < first || one.line > last);
  const { keep, drop } = forced;
  const ref = { cell: view.id, line: line.number };
  if (howForced(forced, view, line.number)) {
    return { keep: free(keep), drop: free(drop) };
  }
  return line.kept ? { keep, drop: [...drop, ref] } : { keep: [...keep, ref], drop };
}
