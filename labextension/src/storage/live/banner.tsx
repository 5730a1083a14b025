// What a person sees of a conflict: both versions of the cell with their differences, the one before, the choices.

import * as React from 'react';

import { useTrans } from '../../ui/context';
import { Button, Link } from '../../ui/parts';
import { SignMark } from '../../ui/state';
import { type IColours, useColours } from '../highlight';
import { CodeLine, Fold } from '../rows';
import { compareLines, foldLines, type MarkedLine } from './lines';
import { type CellConflict, type Kept, versions } from './resolve';

/** How code is coloured, and in which language; none for prose. */
type Colouring = { colours: IColours | undefined; language: string };

type BannerProps = Colouring & {
  conflict: CellConflict;
  source: string;
  onPick: (pick: Kept) => void;
  onEdit: () => void;
};

/** Both versions of a cell, the one before, and what can be done. */
export function Banner(props: BannerProps): React.JSX.Element {
  const trans = useTrans();
  const { conflict, source } = props;
  const { ours, theirs } = versions(conflict, source);
  const [left, right] = compareLines(ours ?? '', theirs ?? '');
  const deleted = ours === null || theirs === null;
  const worked = ours !== null && source !== conflict.ours;
  return (
    <section className="pj-Conflict" aria-label={trans.__('Conflict in this cell')}>
      <header className="pj-Conflict-head">
        <SignMark sign="bad" />
        <b>{deleted ? trans.__('Deleted on one side') : trans.__('Changed on both sides')}</b>
        <span className="pj-Dim">{trans.__('Saving is paused for this cell only.')}</span>
      </header>
      <Version
        {...props}
        kind="added"
        title={trans.__('Yours')}
        name={worked ? trans.__('worked on since') : conflict.oursName}
        source={ours}
        lines={left}
      />
      <Version
        {...props}
        kind="other"
        title={trans.__('Theirs')}
        name={conflict.theirsName}
        source={theirs}
        lines={right}
      />
      <Before {...props} />
      <Actions {...props} deleted={deleted} />
    </section>
  );
}

function Actions(props: BannerProps & { deleted: boolean }): React.JSX.Element {
  const trans = useTrans();
  return (
    <div className="pj-Conflict-actions">
      <Button label={trans.__('Use yours')} onClick={() => props.onPick('ours')} />
      <Button label={trans.__('Use theirs')} onClick={() => props.onPick('theirs')} />
      {!props.deleted && (
        <Button
          label={trans.__('Keep both')}
          title={trans.__('As two cells, yours first')}
          onClick={() => props.onPick('both')}
        />
      )}
      <Button
        label={trans.__('Edit')}
        title={trans.__('Work on the cell below, then use it')}
        onClick={props.onEdit}
      />
    </div>
  );
}

type VersionProps = Colouring & {
  kind: 'added' | 'other';
  title: string;
  name: string;
  source: string | null;
  lines: readonly MarkedLine[];
};

/** The name of a side, of a commit the first letters. */
function short(name: string): string {
  return name.replace(/\b([0-9a-f]{7})[0-9a-f]{33}\b/, '$1');
}

function Version(props: VersionProps): React.JSX.Element {
  const trans = useTrans();
  const { name, source, title } = props;
  return (
    <div className="pj-Conflict-version">
      <div className="pj-Conflict-title">
        <b>{title}</b>
        {name.toLowerCase() !== title.toLowerCase() && (
          <span className="pj-Dim">{short(name)}</span>
        )}
      </div>
      {source === null ? (
        <div className="pj-Conflict-none pj-Dim">{trans.__('The cell is deleted here.')}</div>
      ) : (
        <Lines {...props} source={source} />
      )}
    </div>
  );
}

function Lines(
  props: Colouring & {
    kind: 'added' | 'other';
    source: string;
    lines: readonly MarkedLine[];
  }
): React.JSX.Element {
  const trans = useTrans();
  const tokens = useColours(props.colours, props.source, props.language);
  const line = (item: MarkedLine): React.JSX.Element => (
    <CodeLine
      key={item.number}
      kind={item.differs ? props.kind : 'same'}
      number={item.number}
      text={item.text}
      spans={item.mark ? [item.mark] : []}
      tokens={tokens[item.number - 1]}
    />
  );
  return (
    <div className="pj-Conflict-lines">
      {foldLines(props.lines).map(({ folded, lines }) =>
        folded ? (
          <Fold key={lines[0].number} label={trans.__('%1 lines the same', String(lines.length))}>
            {() => lines.map(line)}
          </Fold>
        ) : (
          lines.map(line)
        )
      )}
    </div>
  );
}

function Before(props: BannerProps): React.JSX.Element | null {
  const trans = useTrans();
  const { base, baseName } = props.conflict;
  if (base === null) {
    return null;
  }
  const named = baseName !== 'before';
  const [lines] = compareLines(base, base);
  return (
    <Fold label={named ? trans.__('Before, %1', short(baseName)) : trans.__('Before')}>
      {() => <Plain {...props} source={base} lines={lines} />}
    </Fold>
  );
}

function Plain(
  props: Colouring & { source: string; lines: readonly MarkedLine[] }
): React.JSX.Element {
  const tokens = useColours(props.colours, props.source, props.language);
  return (
    <div className="pj-Conflict-lines">
      {props.lines.map(({ number, text }, at) => (
        <CodeLine key={number} kind="same" number={number} text={text} tokens={tokens[at]} />
      ))}
    </div>
  );
}

/** The line above a notebook with conflicts: how many, and the way to the next one. */
export function ConflictBar(props: { count: number; onNext: () => void }): React.JSX.Element {
  const trans = useTrans();
  return (
    <div role="status">
      <SignMark sign="bad" />
      <span>
        {trans._n(
          '%1 cell was changed on both sides.',
          '%1 cells were changed on both sides.',
          props.count,
          props.count
        )}
      </span>
      <Link label={trans.__('Show')} onClick={props.onNext} />
    </div>
  );
}
