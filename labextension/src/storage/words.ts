// The words for what changed in a cell, in an output, and for what a merge did.

import type { TranslationBundle } from '@jupyterlab/translation';

import { bytes } from '../ui/format';
import type { Sign } from '../ui/state';
import { changedNumbers } from './lines';
import type { CellChange, Line, MergeCell, OutputChange, OutputPart } from './tokens';

type Word = { sign: Sign; word: string };

/** The sign and word of a cell or an output. */
export function changeState(
  kind: CellChange['kind'] | OutputChange['kind'],
  trans: TranslationBundle
): Word {
  const words: Record<string, Word> = {
    same: { sign: 'off', word: trans.__('Same') },
    changed: { sign: 'changed', word: trans.__('Changed') },
    added: { sign: 'dot', word: trans.__('New') },
    removed: { sign: 'off', word: trans.__('Removed') },
    moved: { sign: 'changed', word: trans.__('Moved') }
  };
  return words[kind];
}

/** What kind of cell it is. */
export function cellType(type: string, trans: TranslationBundle): string {
  const words: Record<string, string> = {
    code: trans.__('code'),
    markdown: trans.__('text'),
    raw: trans.__('raw text')
  };
  return words[type] ?? type;
}

/** What changed in a cell, in few words: “code, line 2 changed”. */
export function cellSummary(cell: CellChange, trans: TranslationBundle): string {
  const lines = cell.lines ?? [];
  const parts = [cellType(cell.cellType, trans)];
  if (cell.kind === 'added' || cell.kind === 'removed') {
    return parts[0];
  }
  if (cell.kind === 'moved' && cell.before !== null && cell.after !== null) {
    parts.push(trans.__('from place %1 to %2', String(cell.before + 1), String(cell.after + 1)));
  }
  const changed = whichLines(lines, trans);
  if (changed) {
    parts.push(changed);
  }
  if (cell.metadata?.length) {
    parts.push(trans.__('metadata changed: %1', cell.metadata.join(', ')));
  }
  if (cell.outputs?.length && !changed) {
    parts.push(trans.__('only its output changed'));
  }
  return parts.join(', ');
}

function whichLines(lines: readonly Line[], trans: TranslationBundle): string {
  const numbers = changedNumbers(lines);
  const gone = numbers.length > 0 && lines.every(line => line.kind === 'same' || !line.after);
  if (numbers.length === 0) {
    return '';
  }
  if (gone) {
    return trans._n('%1 line removed', '%1 lines removed', numbers.length, numbers.length);
  }
  return numbers.length === 1
    ? trans.__('line %1 changed', String(numbers[0]))
    : trans.__('%1 lines changed', String(numbers.length));
}

/** What an output is: “output: image”. */
export function outputName(change: OutputChange, trans: TranslationBundle): string {
  const part = change.after ?? change.before;
  const words: Record<string, string> = {
    'text/html': trans.__('output: table or HTML'),
    'text/markdown': trans.__('output: Markdown'),
    'text/latex': trans.__('output: LaTeX')
  };
  if (!part) {
    return trans.__('output');
  }
  if (isPicture(part)) {
    return trans.__('output: image');
  }
  if (part.kind === 'error') {
    return trans.__('output: error');
  }
  return (
    words[part.mime] ??
    (part.mime.startsWith('text/') || !part.mime
      ? trans.__('output: text')
      : trans.__('output: %1', part.mime))
  );
}

/** The lines of a text output; one that is on one side only has them all new, or all gone. */
export function outputLines(change: OutputChange): Line[] {
  const { kind, lines = [] } = change;
  if (lines.length === 0 && kind !== 'changed') {
    return plainLines(change);
  }
  // A printed text ends with a line break; the empty line behind it tells nothing.
  const last = lines.at(-1);
  return last?.kind === 'same' && !last.textAfter ? lines.slice(0, -1) : lines;
}

/** Both texts of an output beside each other, not compared. */
export function plainLines({ after, before, kind }: OutputChange): Line[] {
  const linesOf = (part: OutputPart | null): string[] =>
    part?.text ? part.text.replace(/\n$/, '').split('\n') : [];
  const [old, now] = [linesOf(before), linesOf(after)];
  return Array.from({ length: Math.max(old.length, now.length) }, (_, index) => ({
    kind,
    before: index < old.length ? index + 1 : null,
    after: index < now.length ? index + 1 : null,
    textBefore: old[index] ?? '',
    textAfter: now[index] ?? ''
  }));
}

/** Whether an output is a picture that a browser can show. */
export function isPicture(part: OutputPart | null): boolean {
  return part !== null && /^image\/(png|jpe?g|gif|webp|svg\+xml|bmp)$/.test(part.mime);
}

/** An output that cannot be shown, by type and size. */
export function partName(part: OutputPart): string {
  return [part.mime || part.kind, bytes(part.size)].join(', ');
}

/** Equal cells that follow each other in one group, any other cell alone. */
export function groups(cells: readonly CellChange[]): CellChange[][] {
  const found: CellChange[][] = [];
  for (const cell of cells) {
    const last = found.at(-1);
    if (cell.kind === 'same' && last?.[0].kind === 'same') {
      last.push(cell);
    } else {
      found.push([cell]);
    }
  }
  return found;
}

/** Folded cells: how many, or from where to where. */
export function foldName(cells: readonly CellChange[], trans: TranslationBundle): string {
  if (cells.length === 1) {
    return trans.__('[%1] the same', placeOf(cells[0]));
  }
  return trans.__(
    '[%1] to [%2], %3 cells the same',
    placeOf(cells[0]),
    placeOf(cells[cells.length - 1]),
    String(cells.length)
  );
}

/** A cell's place in the new version, or in the old one where it is gone; counts from 1. */
export function placeOf(cell: CellChange): string {
  const place = cell.after ?? cell.before;
  return place === null ? '' : String(place + 1);
}

/** The sign and word of a cell of a merge that needs nobody. */
export function mergeState(cell: MergeCell, trans: TranslationBundle): Word {
  const side = cell.side || cell.state;
  const words: Record<string, string> = {
    ours: trans.__('Yours'),
    theirs: trans.__('Theirs'),
    both: trans.__('Both'),
    same: trans.__('Same')
  };
  return { sign: 'tick', word: words[side] ?? trans.__('Merged') };
}

/** What a merge did with a cell: “code, 2 lines”, “new cell”. */
export function mergeSummary(cell: MergeCell, trans: TranslationBundle): string {
  const type = cellType(cell.cellType, trans);
  if (cell.conflict) {
    return `${type}, ${conflictWords(cell, trans)}`;
  }
  if (cell.state === 'added') {
    return trans.__('%1, new cell', type);
  }
  if (cell.state === 'removed') {
    return trans.__('%1, removed, unchanged on the other side', type);
  }
  const lines = [...(cell.linesOurs ?? []), ...(cell.linesTheirs ?? [])];
  const changed = lines.filter(line => line.kind !== 'same').length;
  return changed
    ? `${type}, ${trans._n('%1 line', '%1 lines', changed, changed)}`
    : trans.__('%1, outputs or metadata', type);
}

function conflictWords(cell: MergeCell, trans: TranslationBundle): string {
  if (cell.conflict?.ours === null) {
    return trans.__('you removed it, they changed it');
  }
  if (cell.conflict?.theirs === null) {
    return trans.__('they removed it, you changed it');
  }
  const before = (lines: readonly Line[] = []): (number | null)[] =>
    lines.filter(line => line.kind !== 'same').map(line => line.before);
  const theirs = new Set(before(cell.linesTheirs));
  const both = before(cell.linesOurs).filter(number => number !== null && theirs.has(number));
  if (both.length === 0) {
    return trans.__('both changed the same place');
  }
  return both.length === 1
    ? trans.__('both changed line %1', String(both[0]))
    : trans.__(
        'both changed lines %1 and %2',
        both.slice(0, -1).join(', '),
        String(both[both.length - 1])
      );
}
