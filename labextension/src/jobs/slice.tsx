// What a job would hold, line by line: the reason why each stays, and a box to force it in or out.

import * as React from 'react';

import { useTrans } from '../ui/context';
import { Link } from '../ui/parts';
import { canForce, type Forced, howForced } from './choice';
import { Findings } from './findings';
import type { CellView, KeptLine, Slice } from './tokens';
import { cellWord, idWord, plainWarnings, tally } from './words';

type Props = {
  slice: Slice;
  forced: Forced;
  /** The cells that were chosen. */
  chosen: readonly string[];
  toggle: (view: CellView, line: KeptLine) => void;
  free: () => void;
};

/** The cells with their lines. */
export function SliceView(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { slice, forced, free } = props;
  const [keptOnly, setKeptOnly] = React.useState(false);
  const { lines, kept, cells, keptCells } = tally(slice.view);
  const ref = React.useRef<HTMLDivElement>(null);
  const show = (cell: string): void => {
    const place = ref.current?.querySelector<HTMLElement>(`[data-cell="${CSS.escape(cell)}"]`);
    place?.scrollIntoView({ block: 'center' });
    place?.querySelector('button')?.focus({ preventScroll: true });
  };
  const byHand = forced.keep.length + forced.drop.length;
  return (
    <div ref={ref}>
      <h2 className="pj-H">
        {trans.__('What goes into the job')}
        <span className="pj-Dim">
          {trans.__(
            '%1 of %2 lines, from %3 of %4 cells',
            ...[kept, lines, keptCells, cells].map(String)
          )}
        </span>
        <span className="pj-Spacer" />
        {byHand > 0 && (
          <Link
            label={trans._n('Undo %1 line by hand', 'Undo %1 lines by hand', byHand, byHand)}
            onClick={free}
          />
        )}
        <label className="pj-Check">
          <input
            type="checkbox"
            checked={keptOnly}
            onChange={event => setKeptOnly(event.target.checked)}
          />
          {trans.__('Kept only')}
        </label>
      </h2>
      <Findings findings={slice.findings ?? []} more={plainWarnings(slice)} show={show} />
      {slice.view
        .filter(one => one.kept || !keptOnly)
        .map((one, index) => (
          <CellLines key={`${one.id}:${index}`} {...props} view={one} keptOnly={keptOnly} />
        ))}
    </div>
  );
}

function CellLines(props: Props & { view: CellView; keptOnly: boolean }): React.JSX.Element {
  const trans = useTrans();
  const { view, keptOnly, chosen } = props;
  const [open, setOpen] = React.useState(view.kept);
  React.useEffect(() => setOpen(view.kept), [view.kept]);
  const lines = view.lines.filter(line => line.kept || !keptOnly);
  const word = cellWord(view, trans);
  const note = view.kept
    ? chosen.includes(view.id)
      ? trans.__('chosen')
      : trans.__('kept')
    : trans.__('left out: nothing here is needed');
  return (
    <section className="pj-Jobs-cell" data-cell={view.id} data-kept={view.kept}>
      <button
        type="button"
        className="pj-Jobs-cellHead"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <span className={`pj-Twist${open ? ' pj-mod-open' : ''}`} aria-hidden="true" />
        <code>{view.index >= 0 ? `[${view.index}]` : word}</code>
        {idWord(view.id) && <span>{view.id}</span>}
        <span className="pj-Dim">{note}</span>
      </button>
      {open && (
        <div className="pj-Lines" role="table" aria-label={trans.__('Lines of %1', word)}>
          {lines.map(line => (
            <CodeLine key={line.number} {...props} line={line} />
          ))}
        </div>
      )}
    </section>
  );
}

function CodeLine(props: Props & { view: CellView; line: KeptLine }): React.JSX.Element {
  const trans = useTrans();
  const { view, line, forced, toggle } = props;
  const how = canForce(line) ? howForced(forced, view, line.number) : undefined;
  const why =
    how === 'in'
      ? trans.__('forced in by you')
      : how === 'out'
        ? trans.__('left out by you')
        : line.reason;
  const blank = line.text.trim() === '';
  return (
    <div
      role="row"
      className={`pj-Line${line.kept || blank ? '' : ' pj-mod-cut'}${how ? ' pj-mod-forced' : ''}`}
    >
      <span role="cell" className="pj-Check">
        {canForce(line) && (
          <input
            type="checkbox"
            aria-label={trans.__('Line %1 of %2', String(line.number), cellWord(view, trans))}
            title={
              line.kept
                ? trans.__('In the job; untick to leave it out')
                : trans.__('Not in the job; tick to take it in')
            }
            checked={line.kept}
            onChange={() => toggle(view, line)}
          />
        )}
      </span>
      <span role="cell" className="pj-Line-number">
        {line.number}
      </span>
      <span role="cell" className="pj-Line-code" title={line.text}>
        {line.text || ' '}
      </span>
      <span role="cell" className="pj-Line-why" title={why}>
        {why}
      </span>
    </div>
  );
}
