// A re-export that clashes with what engineers did: file by file, both versions side by side, and whose stays.

import * as React from 'react';

import { useSignal, useTrans } from '../ui/context';
import { Button, Notice } from '../ui/parts';
import { State } from '../ui/state';
import type { Clash, Update } from './tokens';
import { byFile, type Take, type UpdateModel } from './updating';

type Props = { model: UpdateModel; apply: () => void; busy: boolean };

/** The files in conflict with their choices. */
export function ConflictView(props: Props): React.JSX.Element | null {
  const trans = useTrans();
  const { model, apply, busy } = props;
  useSignal(model.changed);
  const update = model.waiting;
  if (!update) {
    return null;
  }
  const total = update.conflicts.length;
  const open = model.open.length;
  return (
    <div className="pj-Jobs-conflict">
      <Notice
        sign="bad"
        title={trans._n(
          'The notebook and the job both changed the same place in %1 file',
          'The notebook and the job both changed the same places in %1 files',
          total,
          total
        )}
      >
        {trans.__('Nothing was written: the job is as it was. Choose for each file, then apply.')}
      </Notice>
      {byFile(update).map(([path, clashes], index) => (
        <File key={path} model={model} path={path} clashes={clashes} at={[index + 1, total]} />
      ))}
      <div className="pj-Jobs-decide">
        <State
          sign={open ? 'bad' : 'tick'}
          word={
            open
              ? trans._n('%1 file to choose for', '%1 files to choose for', open, open)
              : trans.__('All chosen')
          }
        />
        <span className="pj-Spacer" />
        <Button
          label={trans.__('Forget this update')}
          disabled={busy}
          onClick={() => void model.abandon()}
        />
        <Button
          label={trans.__('Apply and verify')}
          primary
          disabled={busy || open > 0}
          title={open ? trans.__('Choose for each file first') : ''}
          onClick={apply}
        />
      </div>
    </div>
  );
}

function File(props: {
  model: UpdateModel;
  path: string;
  clashes: readonly Clash[];
  at: [number, number];
}): React.JSX.Element {
  const trans = useTrans();
  const { model, path, clashes, at } = props;
  const chosen = model.takes[path];
  const cells = [...new Set(clashes.map(clash => clash.cell).filter(Boolean))];
  return (
    <section
      className={`pj-Merge-conflict${chosen ? ' pj-mod-chosen' : ''}`}
      data-path={path}
      aria-label={path}
    >
      <div className="pj-Diff-head">
        <code>{path}</code>
        <span className="pj-Diff-what">{cells.join(', ')}</span>
        <State
          sign={chosen ? 'tick' : 'bad'}
          word={
            chosen
              ? trans.__('Chosen')
              : trans.__('Conflict %1 of %2', String(at[0]), String(at[1]))
          }
        />
      </div>
      {clashes.map((clash, index) => (
        <Both key={index} clash={clash} />
      ))}
      <Choices model={model} path={path} />
    </section>
  );
}

function Choices(props: { model: UpdateModel; path: string }): React.JSX.Element {
  const trans = useTrans();
  const { model, path } = props;
  const place = model.waiting?.place ?? '';
  const choices: [Take, string, string][] = [
    ['mine', trans.__('Keep the job’s'), trans.__('what engineers wrote stays')],
    ['notebook', trans.__('Take the notebook’s'), trans.__('what they wrote in this file goes')],
    ['edited', trans.__('Take the edited file'), `${place}/${path}`]
  ];
  return (
    <div className="pj-Jobs-choices" role="radiogroup" aria-label={trans.__('Whose version stays')}>
      {choices.map(([take, label, note]) => (
        <label key={take}>
          <input
            type="radio"
            name={`take:${model.name}:${path}`}
            checked={model.takes[path] === take}
            onChange={() => model.take(path, take)}
          />
          <span>{label}</span>
          <span className="pj-Note" title={note}>
            {note}
          </span>
        </label>
      ))}
    </div>
  );
}

function Both(props: { clash: Clash }): React.JSX.Element {
  const trans = useTrans();
  const { clash } = props;
  const [before, setBefore] = React.useState(false);
  return (
    <div className="pj-Jobs-clash">
      <div className="pj-Jobs-sides">
        <b>{trans.__('In the job, edited')}</b>
        <b>{trans.__('From the notebook now')}</b>
      </div>
      <div className="pj-Diff-pairs">
        <Text text={clash.mine} base={clash.base} kind="other" />
        <Text text={clash.notebook} base={clash.base} kind="added" />
      </div>
      <button
        type="button"
        className="pj-Diff-fold pj-Jobs-before"
        aria-expanded={before}
        onClick={() => setBefore(!before)}
      >
        <span className={`pj-Twist${before ? ' pj-mod-open' : ''}`} aria-hidden="true" />
        {trans.__('Before, as it was written last')}
      </button>
      {before && <Text text={clash.base} base={clash.base} kind="added" />}
    </div>
  );
}

/** Lines of one version; those that the version before did not have are tinted. */
function Text(props: { text: string; base: string; kind: 'other' | 'added' }): React.JSX.Element {
  const trans = useTrans();
  const { text, base, kind } = props;
  const known = new Set(base.split('\n'));
  if (!text) {
    return <div className="pj-Diff-nothing">{trans.__('Deleted')}</div>;
  }
  return (
    <div>
      {text
        .replace(/\n$/, '')
        .split('\n')
        .map((line, index) => (
          <div key={index} className={`pj-Diff-line pj-mod-${known.has(line) ? 'same' : kind}`}>
            <span className="pj-Diff-number" aria-hidden="true" />
            <span className="pj-Diff-sign">{known.has(line) ? ' ' : '+'}</span>
            <span className="pj-Diff-code">{line || ' '}</span>
          </div>
        ))}
    </div>
  );
}

/** What an update did that found no conflict. */
export function Updated(props: { update: Update }): React.JSX.Element {
  const trans = useTrans();
  const { merged, kept } = props.update;
  const list = (paths: readonly string[]): string =>
    paths.length > 6 ? `${paths.slice(0, 6).join(', ')} …` : paths.join(', ');
  return (
    <Notice
      sign="tick"
      title={
        merged.length
          ? trans._n(
              'Updated: %1 file changed',
              'Updated: %1 files changed',
              merged.length,
              merged.length
            )
          : trans.__('Up to date: no file had to change')
      }
    >
      {merged.length > 0 && <div>{list(merged)}</div>}
      <div>
        {kept.length > 0
          ? trans.__('Kept as edited by hand: %1', list(kept))
          : trans.__('Nobody had edited the job.')}
      </div>
    </Notice>
  );
}
