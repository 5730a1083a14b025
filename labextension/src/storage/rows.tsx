// Rows of a comparison: lines side by side or inline, with what differs marked, and folds of equal lines.

import * as React from 'react';

import { useTrans } from '../ui/context';
import { type IColours, useColours } from './highlight';
import { inlineRows, pieces, stretches, textOf, type Token } from './lines';
import type { Layout } from './model';
import type { Line } from './tokens';

type Spans = readonly (readonly number[])[];

/** What colours a source: the colours and its language, empty for prose and outputs. */
export type Colouring = { colours: IColours | undefined; language: string };

/** A line's text with its marks and colours. */
export function Code(props: {
  text: string;
  spans?: Spans;
  tokens?: readonly Token[];
}): React.JSX.Element {
  return (
    <span className="pj-Diff-code">
      {pieces(props.text, props.spans ?? [], props.tokens ?? []).map((piece, index) =>
        piece.mark ? (
          <mark key={index} className={piece.style}>
            {piece.text}
          </mark>
        ) : (
          <span key={index} className={piece.style || undefined}>
            {piece.text}
          </span>
        )
      )}
    </span>
  );
}

/** One line with its number and sign. */
export function CodeLine(props: {
  kind: 'same' | 'added' | 'removed' | 'other';
  number: number | null;
  text: string;
  spans?: Spans;
  tokens?: readonly Token[];
  numbers?: boolean;
}): React.JSX.Element {
  const sign = { same: ' ', added: '+', removed: '−', other: '+' }[props.kind];
  return (
    <div className={`pj-Diff-line pj-mod-${props.kind}`}>
      <span className="pj-Diff-number" aria-hidden="true">
        {props.numbers === false ? '' : props.number}
      </span>
      <span className="pj-Diff-sign">{sign}</span>
      <Code {...props} />
    </div>
  );
}

/** What a screen says where a side has nothing. */
export function Nothing(props: { label?: string }): React.JSX.Element {
  return <div className="pj-Diff-nothing">{props.label}</div>;
}

/** Folded things: a button that shows them; `start` has it open at first. */
export function Fold(props: {
  label: string;
  start?: boolean;
  children: () => React.ReactNode;
}): React.JSX.Element {
  const [open, setOpen] = React.useState(props.start ?? false);
  return (
    <>
      <button
        type="button"
        className="pj-Diff-fold"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <span className={`pj-Twist${open ? ' pj-mod-open' : ''}`} aria-hidden="true" />
        {props.label}
      </button>
      {open && props.children()}
    </>
  );
}

type LinesProps = {
  lines: readonly Line[];
  layout: Layout;
  colouring: Colouring;
  /** Outputs have no line numbers. */
  numbers?: boolean;
  /** Fold nothing. */
  whole?: boolean;
  /** The cell is on one side only. */
  missing?: 'before' | 'after';
};

/** The lines of two versions. */
export function Lines(props: LinesProps): React.JSX.Element {
  const trans = useTrans();
  const { lines, layout, colouring } = props;
  const before = useColours(colouring.colours, textOf(lines, 'before'), colouring.language);
  const after = useColours(colouring.colours, textOf(lines, 'after'), colouring.language);
  const places = React.useMemo(() => placesOf(lines), [lines]);
  const tokensOf: TokensOf = (number, side) =>
    number === null
      ? []
      : ((side === 'before' ? before : after)[places[side].get(number) ?? -1] ?? []);
  const draw = (part: readonly Line[]): React.JSX.Element =>
    layout === 'side' ? (
      <Pairs {...props} lines={part} tokensOf={tokensOf} />
    ) : (
      <Inline {...props} lines={part} tokensOf={tokensOf} />
    );
  if (props.whole) {
    return draw(lines);
  }
  return (
    <>
      {stretches(lines).map((stretch, index) =>
        stretch.kind === 'lines' ? (
          <React.Fragment key={index}>{draw(stretch.lines)}</React.Fragment>
        ) : (
          <Fold key={index} label={trans.__('%1 lines the same', String(stretch.lines.length))}>
            {() => draw(stretch.lines)}
          </Fold>
        )
      )}
    </>
  );
}

type TokensOf = (number: number | null, side: 'before' | 'after') => readonly Token[];

/** Where each numbered line stands in its side's text. */
function placesOf(lines: readonly Line[]): Record<'before' | 'after', Map<number, number>> {
  const found = { before: new Map<number, number>(), after: new Map<number, number>() };
  for (const line of lines) {
    for (const side of ['before', 'after'] as const) {
      const number = line[side];
      if (number !== null) {
        found[side].set(number, found[side].size);
      }
    }
  }
  return found;
}

function Pairs(props: LinesProps & { tokensOf: TokensOf }): React.JSX.Element {
  const trans = useTrans();
  const { lines, missing, numbers, tokensOf } = props;
  const none = trans.__('Not in this version');
  const one = (line: Line, side: 'before' | 'after', first: boolean): React.JSX.Element => {
    const number = line[side];
    if (number === null) {
      return <Nothing label={missing === side && first ? none : undefined} />;
    }
    const old = side === 'before';
    return (
      <CodeLine
        kind={line.kind === 'same' ? 'same' : old ? 'removed' : 'added'}
        number={number}
        numbers={numbers}
        text={(old ? line.textBefore : line.textAfter) ?? ''}
        spans={old ? line.spansBefore : line.spansAfter}
        tokens={tokensOf(number, side)}
      />
    );
  };
  return (
    <div className="pj-Diff-pairs">
      {lines.map((line, index) => (
        <React.Fragment key={index}>
          {one(line, 'before', index === 0)}
          {one(line, 'after', index === 0)}
        </React.Fragment>
      ))}
    </div>
  );
}

function Inline(props: LinesProps & { tokensOf: TokensOf }): React.JSX.Element {
  const { lines, numbers, tokensOf } = props;
  return (
    <div className="pj-Diff-inline">
      {inlineRows(lines).map((row, index) => (
        <CodeLine
          key={index}
          kind={row.kind}
          number={row.after ?? row.before}
          numbers={numbers}
          text={row.text}
          spans={row.spans}
          tokens={tokensOf(row.side === 'before' ? row.before : row.after, row.side)}
        />
      ))}
    </div>
  );
}
