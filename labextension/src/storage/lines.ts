// Lines of a comparison made ready for the screen: pieces with marks and colours, folded stretches, rows of the inline view.

import type { Line } from './tokens';

/** A coloured run of characters in one line; positions count UTF-16 units. */
export type Token = { start: number; end: number; style: string };

/** A run of characters that is drawn alike. */
export type Piece = { text: string; mark: boolean; style: string };

/** Lines that are shown, or equal lines that are folded away. */
export type Stretch = { kind: 'lines' | 'fold'; lines: Line[] };

/** One row of the inline view. */
export type InlineRow = {
  kind: 'same' | 'removed' | 'added';
  before: number | null;
  after: number | null;
  text: string;
  spans: Spans;
  /** Which side's colours fit. */
  side: 'before' | 'after';
};

type Spans = readonly (readonly number[])[];

/** Cut a line where a mark or a colour begins or ends; spans count code points. */
export function pieces(text: string, spans: Spans, tokens: readonly Token[]): Piece[] {
  const marks = toUnits(text, spans);
  const cuts = new Set([0, text.length]);
  for (const [start, end] of [...marks, ...tokens.map(token => [token.start, token.end])]) {
    cuts.add(Math.min(start, text.length));
    cuts.add(Math.min(end, text.length));
  }
  const places = [...cuts].sort((a, b) => a - b);
  return places.slice(0, -1).map((start, index) => ({
    text: text.slice(start, places[index + 1]),
    mark: marks.some(([from, to]) => from <= start && start < to),
    style: tokens.find(token => token.start <= start && start < token.end)?.style ?? ''
  }));
}

/** Spans of code points as spans of UTF-16 units. */
function toUnits(text: string, spans: Spans): [number, number][] {
  const plain = !/[\ud800-\udfff]/.test(text);
  const characters = plain ? [] : Array.from(text);
  const unit = (point: number): number =>
    plain ? point : characters.slice(0, point).join('').length;
  return spans.map(([start, end]) => [unit(start), unit(end)]);
}

/** Fold equal lines that are far from any change; short stretches stay. */
export function stretches(lines: readonly Line[], context = 3, least = 4): Stretch[] {
  const near = lines.map(() => false);
  lines.forEach((line, index) => {
    if (line.kind !== 'same') {
      near.fill(true, Math.max(0, index - context), index + context + 1);
    }
  });
  const found: Stretch[] = [];
  lines.forEach((line, index) => {
    const kind = near[index] ? 'lines' : 'fold';
    const last = found.at(-1);
    if (last?.kind === kind) {
      last.lines.push(line);
    } else {
      found.push({ kind, lines: [line] });
    }
  });
  return joinShort(found, least);
}

function joinShort(found: Stretch[], least: number): Stretch[] {
  const joined: Stretch[] = [];
  for (const { kind: was, lines } of found) {
    const kind = lines.length < least ? 'lines' : was;
    const last = joined.at(-1);
    if (last && last.kind === 'lines' && kind === 'lines') {
      last.lines.push(...lines);
    } else {
      joined.push({ kind, lines: [...lines] });
    }
  }
  return joined;
}

/** The rows of the inline view: of neighbouring changes first all that went, then all that came. */
export function inlineRows(lines: readonly Line[]): InlineRow[] {
  const rows: InlineRow[] = [];
  let gone: InlineRow[] = [];
  let come: InlineRow[] = [];
  const flush = (): void => {
    rows.push(...gone, ...come);
    gone = [];
    come = [];
  };
  for (const line of lines) {
    if (line.kind === 'same') {
      flush();
      rows.push(row('same', line, 'after'));
      continue;
    }
    if (line.before !== null) {
      gone.push(row('removed', line, 'before'));
    }
    if (line.after !== null) {
      come.push(row('added', line, 'after'));
    }
  }
  flush();
  return rows;
}

function row(kind: InlineRow['kind'], line: Line, side: 'before' | 'after'): InlineRow {
  const same = kind === 'same';
  return {
    kind,
    side,
    before: same || side === 'before' ? line.before : null,
    after: same || side === 'after' ? line.after : null,
    text: (side === 'before' ? line.textBefore : line.textAfter) ?? '',
    spans: (same ? [] : side === 'before' ? line.spansBefore : line.spansAfter) ?? []
  };
}

/** The text of one side as far as the lines tell it. */
export function textOf(lines: readonly Line[], side: 'before' | 'after'): string {
  return lines
    .filter(line => line[side] !== null)
    .map(line => (side === 'before' ? line.textBefore : line.textAfter) ?? '')
    .join('\n');
}

/** The numbers of the lines that changed: in the new version, or of the old one where lines only went. */
export function changedNumbers(lines: readonly Line[]): number[] {
  const changed = lines.filter(line => line.kind !== 'same');
  const after = changed.flatMap(line => (line.after === null ? [] : [line.after]));
  return after.length
    ? after
    : changed.flatMap(line => (line.before === null ? [] : [line.before]));
}

/** Split the coloured runs of a whole text into lines. */
export function tokensByLine(runs: readonly { text: string; style: string }[]): Token[][] {
  const found: Token[][] = [[]];
  let column = 0;
  for (const { text, style } of runs) {
    text.split('\n').forEach((part, index) => {
      if (index > 0) {
        found.push([]);
        column = 0;
      }
      if (part && style) {
        found.at(-1)?.push({ start: column, end: column + part.length, style });
      }
      column += part.length;
    });
  }
  return found;
}
