// One conflict of a merge: both versions and the one before, the choice, and the result.

import * as React from 'react';

import { useTrans } from '../ui/context';
import { Button } from '../ui/parts';
import { State } from '../ui/state';
import { type IColours, useColours } from './highlight';
import type { Chosen, MergeModel } from './merging';
import { Code, CodeLine, Fold } from './rows';
import type { Line, MergeCell } from './tokens';
import { mergeSummary } from './words';

/** A version before of so many lines is shown at once. */
const SHORT = 8;

/** What a conflict is drawn from. */
export type ConflictProps = {
  model: MergeModel;
  cell: MergeCell;
  place: number;
  number: number;
  colours: IColours | undefined;
  language: string;
};

/** One conflict and its result. */
export function Conflict(props: ConflictProps): React.JSX.Element {
  const trans = useTrans();
  const { cell, model, number, place } = props;
  const picked = model.pickOf(cell.id);
  const total = model.conflicts.length;
  const title = trans.__('Conflict %1 of %2', String(number), String(total));
  return (
    <>
      <div
        className={`pj-Merge-conflict${picked ? ' pj-mod-chosen' : ''}`}
        role="radiogroup"
        tabIndex={-1}
        data-cell={cell.id}
        aria-label={`${title}: [${place}] ${mergeSummary(cell, trans)}`}
      >
        <div className="pj-Diff-head">
          <code>[{place}]</code>
          <span className="pj-Diff-what">{mergeSummary(cell, trans)}</span>
          {picked ? (
            <State sign="tick" word={chosenWord(picked.pick, trans.__.bind(trans))} />
          ) : (
            <State sign="bad" word={title} />
          )}
        </div>
        <Versions {...props} />
        <Before {...props} />
        <Edit {...props} />
      </div>
      <Result {...props} />
    </>
  );
}

function chosenWord(pick: Chosen, say: (text: string) => string): string {
  return {
    ours: say('Yours chosen'),
    theirs: say('Theirs chosen'),
    both: say('Both chosen'),
    edited: say('Edited')
  }[pick];
}

function Versions(props: ConflictProps): React.JSX.Element {
  const trans = useTrans();
  const { ours = null, theirs = null, oursName, theirsName } = props.cell.conflict ?? {};
  return (
    <>
      <Version
        {...props}
        pick="ours"
        title={trans.__('Yours')}
        name={oursName}
        source={ours}
        lines={props.cell.linesOurs}
      />
      <Version
        {...props}
        pick="theirs"
        title={trans.__('Theirs')}
        name={theirsName}
        source={theirs}
        lines={props.cell.linesTheirs}
      />
      {ours !== null && theirs !== null && (
        <Option
          {...props}
          pick="both"
          title={trans.__('Both')}
          name={trans.__('as two cells, yours first')}
        />
      )}
    </>
  );
}

type OptionProps = ConflictProps & { pick: Chosen; title: string; name?: string };

function Option(props: OptionProps & { children?: React.ReactNode }): React.JSX.Element {
  const { cell, model, name, pick, title } = props;
  const chosen = model.pickOf(cell.id)?.pick === pick;
  return (
    <div className={`pj-Merge-version${chosen ? ' pj-mod-chosen' : ''}`}>
      <label>
        <input
          type="radio"
          name={`pj-merge-${cell.id}`}
          checked={chosen}
          onChange={() => model.pick(cell.id, pick)}
        />
        <b>{title}</b>
        <span className="pj-Dim">{name === 'yours' || name === 'theirs' ? '' : name}</span>
      </label>
      {props.children}
    </div>
  );
}

function Version(
  props: OptionProps & { source: string | null; lines?: Line[] }
): React.JSX.Element {
  const trans = useTrans();
  const { colours, language, lines = [], pick, source } = props;
  const tokens = useColours(colours, source ?? '', language);
  let at = -1;
  return (
    <Option {...props}>
      {source === null ? (
        <div className="pj-Merge-gone pj-Dim">{trans.__('The cell is removed.')}</div>
      ) : (
        shownLines(source, lines).map((line, index) => {
          at += line.after === null ? 0 : 1;
          const gone = line.after === null;
          return (
            <CodeLine
              key={index}
              kind={
                gone
                  ? 'removed'
                  : line.kind === 'same'
                    ? 'same'
                    : pick === 'ours'
                      ? 'added'
                      : 'other'
              }
              number={line.after}
              text={(gone ? line.textBefore : line.textAfter) ?? ''}
              spans={gone ? [] : line.spansAfter}
              tokens={gone ? [] : tokens[at]}
            />
          );
        })
      )}
    </Option>
  );
}

/** The lines against the version before, or the plain source where there is none. */
function shownLines(source: string, lines: readonly Line[]): readonly Line[] {
  return lines.length > 0
    ? lines
    : source.split('\n').map((text, index) => ({
        kind: 'same',
        before: null,
        after: index + 1,
        textAfter: text
      }));
}

function Before(props: ConflictProps): React.JSX.Element | null {
  const trans = useTrans();
  const { base, baseName } = props.cell.conflict ?? {};
  if (base === null || base === undefined) {
    return (
      <div className="pj-Merge-before pj-Dim">
        {trans.__('The version before is not known: the cell is new on both sides.')}
      </div>
    );
  }
  const named = baseName && baseName !== 'before';
  return (
    <div className="pj-Merge-before">
      <Fold
        start={base.split('\n').length <= SHORT}
        label={named ? trans.__('Before, %1', baseName) : trans.__('Before')}
      >
        {() => <Sources {...props} sources={[base]} />}
      </Fold>
    </div>
  );
}

function Sources(props: ConflictProps & { sources: readonly string[] }): React.JSX.Element {
  return (
    <>
      {props.sources.map((source, index) => (
        <SourceLines key={index} {...props} source={source} />
      ))}
    </>
  );
}

function SourceLines(props: ConflictProps & { source: string }): React.JSX.Element {
  const tokens = useColours(props.colours, props.source, props.language);
  return (
    <div className="pj-Merge-source">
      {props.source.split('\n').map((text, index) => (
        <div key={index} className="pj-Diff-line pj-mod-same">
          <span className="pj-Diff-number" aria-hidden="true">
            {index + 1}
          </span>
          <span className="pj-Diff-sign" />
          <Code text={text} tokens={tokens[index]} />
        </div>
      ))}
    </div>
  );
}

/** Writing the result by hand, from what is chosen. */
function Edit(props: ConflictProps): React.JSX.Element {
  const trans = useTrans();
  const { cell, model } = props;
  const picked = model.pickOf(cell.id);
  const start = (): void => {
    const from = model.resultOf(cell) ?? [cell.conflict?.ours ?? cell.conflict?.theirs ?? ''];
    model.pick(cell.id, 'edited', from.join('\n'));
  };
  if (picked?.pick !== 'edited') {
    return (
      <div className="pj-Merge-actions">
        <Button label={trans.__('Edit result')} onClick={start} />
      </div>
    );
  }
  const source = picked.source ?? '';
  return (
    <div className="pj-Merge-edit">
      <span className="pj-Note">
        {trans.__('The result, by hand. Its outputs are cleared until the cell runs.')}
      </span>
      <textarea
        autoFocus
        spellCheck={false}
        aria-label={trans.__('The result, by hand')}
        rows={Math.min(30, Math.max(3, source.split('\n').length + 1))}
        value={source}
        onChange={event => model.pick(cell.id, 'edited', event.target.value)}
      />
    </div>
  );
}

function Result(props: ConflictProps): React.JSX.Element | null {
  const trans = useTrans();
  const { cell, model, place } = props;
  const sources = model.resultOf(cell);
  if (!sources || model.pickOf(cell.id)?.pick === 'edited') {
    return null;
  }
  return (
    <div role="group" aria-label={trans.__('Cell %1, result', String(place))}>
      <div className="pj-Diff-head">
        <code>[{place}]</code>
        <span className="pj-Diff-what">{trans.__('result')}</span>
        <span className="pj-Note">
          {sources.length === 0
            ? trans.__('the cell is removed')
            : trans.__('outputs come along where they are of just this source')}
        </span>
      </div>
      <Sources {...props} sources={sources} />
    </div>
  );
}
