// Who answers for a job, and who said that it may go to production: as facts of its page, and what changes them.

import { InputDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IClient } from '../api/client';
import { asCallError, type CallError } from '../api/errors';
import { useTrans } from '../ui/context';
import { moment } from '../ui/format';
import { Button, Link } from '../ui/parts';
import { canApprove } from './model';
import type { Job } from './tokens';

/** What a person can do about who answers for a job; an error is that of the last try. */
export type Standing = {
  error?: CallError;
  approve: () => Promise<void>;
  withdraw: () => Promise<void>;
  assign: () => Promise<void>;
};

/** Ask for a note or a name, tell the server, and look again. */
export function useStanding(job: Job, client: IClient, refresh: () => void): Standing {
  const trans = useTrans();
  const [error, setError] = React.useState<CallError>();
  const path = { name: job.name };
  const act = async (what: () => Promise<unknown>): Promise<void> => {
    setError(undefined);
    try {
      await what();
      refresh();
    } catch (reason) {
      setError(asCallError(reason));
    }
  };
  const approve = async (): Promise<void> => {
    const asked = await InputDialog.getText({
      title: trans.__('Approve %1 for production?', job.name),
      label: trans.__(
        'The approval is of its files as they are now. A note, if there is something to say:'
      ),
      okLabel: trans.__('Approve')
    });
    if (asked.button.accept) {
      const body = { note: asked.value ?? '' };
      await act(() => client.call('post', '/jobs/{name}/approval', { path, body }));
    }
  };
  const assign = async (): Promise<void> => {
    const asked = await InputDialog.getText({
      title: trans.__('Who answers for %1?', job.name),
      label: trans.__('The name of a person or a team:'),
      text: job.owner ?? '',
      okLabel: trans.__('Assign')
    });
    if (asked.button.accept && asked.value) {
      const body = { owner: asked.value };
      await act(() => client.call('post', '/jobs/{name}/owner', { path, body }));
    }
  };
  const withdraw = (): Promise<void> =>
    act(() => client.call('delete', '/jobs/{name}/approval', { path }));
  return { error, approve, withdraw, assign };
}

/** Approves a job, or takes its approval back. */
export function ApproveButton(props: {
  job: Job;
  busy: boolean;
  standing: Standing;
}): React.JSX.Element {
  const trans = useTrans();
  const { busy, job, standing } = props;
  if (job.approval?.holds) {
    return (
      <Button
        label={trans.__('Withdraw approval')}
        title={trans.__('Say that this job may not go to production any more')}
        onClick={() => void standing.withdraw()}
      />
    );
  }
  const ready = canApprove(job);
  return (
    <Button
      label={trans.__('Approve…')}
      disabled={busy || !ready}
      title={
        ready
          ? trans.__('Say that this job may go to production, as its files are now')
          : trans.__('A job has to be verified before it is approved')
      }
      onClick={() => void standing.approve()}
    />
  );
}

/** The facts about who answers for a job, and when it runs by itself. */
export function standingFacts(
  job: Job,
  standing: Standing,
  trans: TranslationBundle
): [string, React.ReactNode][] {
  const { approval, owner, schedule } = job;
  const facts: [string, React.ReactNode][] = [
    [
      trans.__('Owner'),
      <Link
        label={owner || trans.__('nobody')}
        title={trans.__('Say who answers for this job')}
        onClick={() => void standing.assign()}
      />
    ]
  ];
  if (approval) {
    facts.push([
      trans.__('Approved'),
      <span title={approval.note}>{trans.__('by %1, %2', approval.by, moment(approval.at))}</span>
    ]);
  }
  if (schedule) {
    facts.push([trans.__('Schedule'), schedule]);
  }
  return facts;
}
