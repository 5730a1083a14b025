// The line that says what the figures rest on, with the button that computes them of all rows.

import * as React from 'react';

import { useSignal, useTrans } from '../../ui/context';
import { duration } from '../../ui/format';
import { Button, Trouble } from '../../ui/parts';
import { attempt } from '../../ui/say';
import { SignMark } from '../../ui/state';
import { basisWords } from '../words';
import type { TabProps } from './page';

/** Method, share and error of the figures. */
export function BasisLine(props: TabProps): React.JSX.Element {
  const trans = useTrans();
  const { page, tasks, dataset } = props;
  useSignal(tasks.changed);
  const task = tasks.running.find(one => one.kind === 'catalog.profile' && one.ref === dataset.ref);
  const start = (): void =>
    void attempt(async () => {
      const ended = await tasks.follow(await page.calls.profileAll(page.version));
      if (ended.state === 'done') {
        await page.full();
      }
    });
  const { profile, problem } = page;
  if (problem && !profile) {
    return (
      <Trouble
        error={problem}
        retry={{ label: trans.__('Try again'), onClick: () => void page.sample(true) }}
      />
    );
  }
  return (
    <>
      <span className="pj-Note" aria-live="polite">
        {profile
          ? basisWords(profile.basis, trans)
          : trans.__('Least, greatest and empty as the file or the database itself tells.')}
        {profile?.seconds ? ` (${duration(profile.seconds)})` : ''}
      </span>
      {page.profiling && !profile && (
        <span className="pj-State pj-Note">
          <SignMark sign="busy" />
          {trans.__('sampling')}
        </span>
      )}
      {task ? (
        <span className="pj-State pj-Note">
          <SignMark sign="busy" />
          {task.message || trans.__('Reading all rows')}
          {task.progress === null ? '' : ` ${Math.round(task.progress * 100)} %`}
          <Button label={trans.__('Cancel')} onClick={() => void tasks.cancel(task.id)} />
        </span>
      ) : (
        profile?.basis.method !== 'all rows' && (
          <Button label={trans.__('Profile all rows')} onClick={start} />
        )
      )}
    </>
  );
}
