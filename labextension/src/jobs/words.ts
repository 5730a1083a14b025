// The words of jobs: cells, parameters, choices and orders as a person calls them.

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Schemas } from '../api/client';
import type { Wish } from './choice';
import type { CellView, Slice } from './tokens';

/** A cell as findings call it: its place in the notebook, or its id where it is gone. */
export function cellWord(
  cell: { id: string; index: number | null },
  trans: TranslationBundle
): string {
  return cell.index === null || cell.index < 0
    ? trans.__('deleted cell')
    : trans.__('cell %1', String(cell.index));
}

/** The id of a cell where a person gave it one; what Lab makes up says nothing. */
export function idWord(id: string): string {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?$/.test(id) ? '' : id;
}

/** What was chosen: cells, a variable, or another thing by its ref. */
export function wishWord(wish: Wish, view: readonly CellView[], trans: TranslationBundle): string {
  if (wish.variable) {
    return trans.__('variable %1', wish.variable);
  }
  if (wish.ref) {
    const colon = wish.ref.indexOf(':');
    const id =
      wish.ref
        .slice(colon + 1)
        .split('/')
        .at(-1) ?? '';
    return `${wish.ref.slice(0, colon)} ${id.length > 24 ? id.slice(0, 8) : id}`;
  }
  const words = wish.cells.map(cell => {
    const found = view.find(one => one.id === cell);
    return found ? [cellWord(found, trans), idWord(cell)].filter(Boolean).join(' ') : cell;
  });
  return words.length > 2 ? trans.__('%1 cells', String(words.length)) : words.join(', ');
}

/** What a parameter was found as. */
export function originWord(
  kind: NonNullable<Schemas['Parameter']['kind']>,
  trans: TranslationBundle
): string {
  const words: Record<typeof kind, string> = {
    literal: trans.__('value'),
    path: trans.__('path'),
    seed: trans.__('seed'),
    date: trans.__('date'),
    widget: trans.__('widget'),
    parameters_cell: trans.__('tagged'),
    environment: trans.__('variable')
  };
  return words[kind];
}

/** How an output is compared, in a few words. */
export function outputWord(kind: string, trans: TranslationBundle): string {
  const words: Record<string, string> = {
    variable: trans.__('its value'),
    file: trans.__('written file'),
    table: trans.__('written table'),
    model: trans.__('predictions and what it learnt')
  };
  return words[kind] ?? kind;
}

/** Counts kept lines and cells. */
export function tally(view: readonly CellView[]): {
  lines: number;
  kept: number;
  cells: number;
  keptCells: number;
} {
  const lines = view.flatMap(one => one.lines);
  const ids = new Set(view.map(one => one.id));
  const kept = new Set(view.filter(one => one.kept).map(one => one.id));
  return {
    lines: lines.length,
    kept: lines.filter(line => line.kept).length,
    cells: ids.size,
    keptCells: kept.size
  };
}

/** The sentences of a slice that no finding says already, in the same words or about the same name. */
export function plainWarnings(slice: Slice): string[] {
  const found = slice.findings ?? [];
  const said = (text: string): boolean => {
    const name = /^(“[^”]+”) is used/.exec(text)?.[1];
    return found.some(
      one =>
        text.startsWith(one.message) ||
        one.message.startsWith(text) ||
        (name !== undefined && one.kind === 'hidden_state' && one.message.includes(name))
    );
  };
  return [...new Set([...slice.opaque, ...slice.warnings])].filter(text => !said(text));
}

/** What a step of a verification does. */
export function stepWord(name: string, trans: TranslationBundle): string {
  const words: Record<string, string> = {
    package: trans.__('Read the job'),
    environment: trans.__('Fresh environment'),
    run: trans.__('Run on the same inputs'),
    tests: trans.__('Run again, with its tests'),
    compare: trans.__('Compare outputs')
  };
  return words[name] ?? name;
}
