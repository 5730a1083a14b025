// The cells that a job was made from: what the notebook says now, beside the lines they became.

import * as React from 'react';

import type { IClient } from '../api/client';
import type { IOpener } from '../api/opener';
import { useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { Empty, Link } from '../ui/parts';
import { type Sign, State } from '../ui/state';
import { useFeed } from '../ui/usefeed';
import type { CellOrigin, Job } from './tokens';
import { cellWord, idWord } from './words';

type Props = { job: Job; client: IClient; opener: IOpener };

/** Each cell with its step. */
export function CellsView(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { client, job, opener } = props;
  const feed = useFeed<CellOrigin[]>(
    {
      name: 'perijove:job-origin',
      fetch: () => client.call('get', '/jobs/{name}/origin', { path: { name: job.name } })
    },
    [client, job]
  );
  return (
    <FeedView
      feed={feed}
      isEmpty={all => all.length === 0}
      empty={<Empty text={trans.__('This job was made from no cell.')} />}
    >
      {all => (
        <>
          <div className="pj-Jobs-sides pj-mod-head">
            <b>{trans.__('%1 now', job.notebook)}</b>
            <b>{trans.__('src/%1/steps.py as it was written', job.name)}</b>
          </div>
          {all.map((one, index) => (
            <Cell
              key={index}
              one={one}
              open={() => opener.open(`cell:${job.notebook}#${one.cell}`)}
            />
          ))}
        </>
      )}
    </FeedView>
  );
}

function Cell(props: { one: CellOrigin; open: () => void }): React.JSX.Element {
  const trans = useTrans();
  const { one, open } = props;
  const states: Record<CellOrigin['state'], { sign: Sign; word: string }> = {
    same: { sign: 'tick', word: trans.__('As exported') },
    changed: { sign: 'changed', word: trans.__('Changed since') },
    gone: { sign: 'off', word: trans.__('Gone from the notebook') }
  };
  const name = [cellWord({ id: one.cell, index: one.index }, trans), idWord(one.cell)];
  return (
    <section data-cell={one.cell} data-state={one.state}>
      <div className="pj-Diff-head">
        {one.index === null ? (
          <span>{name.filter(Boolean).join(' ')}</span>
        ) : (
          <Link label={name.filter(Boolean).join(' ')} onClick={open} />
        )}
        <span className="pj-Diff-what">
          {one.step
            ? trans.__('step %1', one.step)
            : one.code
              ? trans.__('imports and definitions')
              : trans.__('settings')}
          {one.run > 1 && trans.__(', run %1 of this cell', String(one.run))}
        </span>
        <State {...states[one.state]} />
      </div>
      <div className="pj-Diff-pairs">
        <Code text={one.now} numbers={numbersFrom(1)} none={trans.__('Not in the notebook')} />
        <Code
          text={one.code}
          numbers={one.lines.flatMap(([first, last]) => numbersFrom(first, last))}
          none={trans.__('Its values are settings of the job, in config.toml')}
        />
      </div>
    </section>
  );
}

/** Line numbers of a stretch; without an end, more than any cell has lines. */
function numbersFrom(first: number, last = first + 9_999): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function Code(props: { text: string; numbers: number[]; none: string }): React.JSX.Element {
  const { text, numbers, none } = props;
  if (!text) {
    return <div className="pj-Diff-nothing">{none}</div>;
  }
  return (
    <div>
      {text.split('\n').map((line, index) => (
        <div key={index} className="pj-Diff-line pj-mod-same">
          <span className="pj-Diff-number" aria-hidden="true">
            {numbers[index]}
          </span>
          <span className="pj-Diff-sign"> </span>
          <span className="pj-Diff-code">{line || ' '}</span>
        </div>
      ))}
    </div>
  );
}
