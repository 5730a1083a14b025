// The state of the jobs' section: the exported jobs, and the words for what verification found.

import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import type { IClient, Schemas } from '../api/client';
import { Feed } from '../api/feed';
import type { ILive } from '../api/live';
import type { Sign } from '../ui/state';
import type { IJobs, Job } from './tokens';

/** Jobs, newest first. */
export class JobsModel implements IJobs, IDisposable {
  constructor(client: IClient, live?: ILive) {
    this.feed = new Feed<Job[]>({
      name: 'perijove:jobs',
      fetch: () => client.call('get', '/jobs', {}),
      interval: 60_000,
      live,
      events: ['jobs.']
    });
    this.feed.changed.connect(() => this._changed.emit(), this);
  }

  /** All jobs, kept fresh. */
  readonly feed: Feed<Job[]>;
  /** Whether “Export” offers to verify first. */
  verifyAfterExport = true;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get all(): readonly Job[] | undefined {
    return this.feed.value;
  }

  /** Fires when a part of a job's page is wanted. */
  get led(): ISignal<this, { name: string; part: string }> {
    return this._led;
  }

  get isDisposed(): boolean {
    return this.feed.isDisposed;
  }

  /** Lead an open page of a job to one of its parts. */
  lead(name: string, part: string): void {
    this._led.emit({ name, part });
  }

  dispose(): void {
    this.feed.dispose();
    Signal.clearData(this);
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _led = new Signal<this, { name: string; part: string }>(this);
}

/** The sign and word of a job's state. */
export function jobState(
  state: Job['state'],
  trans: TranslationBundle
): { sign: Sign; word: string } {
  const states: Record<Job['state'], { sign: Sign; word: string }> = {
    new: { sign: 'off', word: trans.__('not verified') },
    verifying: { sign: 'busy', word: trans.__('verifying') },
    verified: { sign: 'tick', word: trans.__('verified') },
    different: { sign: 'bad', word: trans.__('different') },
    failed: { sign: 'bad', word: trans.__('failed') },
    refused: { sign: 'bad', word: trans.__('refused') },
    edited: { sign: 'changed', word: trans.__('edited since') },
    drifting: { sign: 'warn', word: trans.__('drifting') }
  };
  return states[state];
}

/** What to say of a job first: what is wrong, what waits for a person, what drifts, and then what was proven. */
export function jobStates(
  job: Pick<Job, 'state' | 'behind' | 'conflicts'>,
  trans: TranslationBundle,
  brief = false
): { sign: Sign; word: string }[] {
  const own = jobState(job.state, trans);
  const waits = job.conflicts?.length
    ? [{ sign: 'bad' as const, word: trans.__('conflict') }]
    : job.behind
      ? [
          {
            sign: 'changed' as const,
            word: brief ? trans.__('behind') : trans.__('behind its notebook')
          }
        ]
      : [];
  const first =
    job.state === 'verifying' ||
    own.sign === 'bad' ||
    (job.state === 'drifting' && !job.conflicts?.length);
  return first ? [own, ...waits] : [...waits, own];
}

/** The sign and word of a job's approval; none where it was never given. */
export function approvalState(
  job: Pick<Job, 'approval'>,
  trans: TranslationBundle
): { sign: Sign; word: string } | undefined {
  if (!job.approval) {
    return undefined;
  }
  return job.approval.holds
    ? { sign: 'tick', word: trans.__('approved') }
    : { sign: 'warn', word: trans.__('changed since it was approved') };
}

/** Whether what is known of a job allows to approve it; whether its files were verified is the server's to say. */
export function canApprove(job: Pick<Job, 'approval' | 'verification' | 'conflicts'>): boolean {
  const waits = (job.conflicts ?? []).length > 0;
  return !job.approval?.holds && job.verification?.verdict === 'verified' && !waits;
}

/** The sign and word of one output's result. */
export function resultState(
  result: Schemas['OutputVerdict']['result'],
  trans: TranslationBundle
): { sign: Sign; word: string } {
  const states: Record<Schemas['OutputVerdict']['result'], { sign: Sign; word: string }> = {
    identical: { sign: 'tick', word: trans.__('Identical') },
    within_tolerance: { sign: 'near', word: trans.__('Within tolerance') },
    different: { sign: 'bad', word: trans.__('Different') },
    not_comparable: { sign: 'off', word: trans.__('Not comparable') },
    not_deterministic: { sign: 'warn', word: trans.__('Not deterministic') }
  };
  return states[result];
}

/** A job's name made from its notebook's. */
export function suggestName(notebook: string): string {
  const stem = (notebook.split('/').at(-1) ?? '').replace(/\.[^.]*$/, '');
  const name = stem
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return `${/^[a-z]/.test(name) ? name : `job_${name}`}`.replace(/_+$/, '') || 'job';
}

/** Whether the result of a task is a job. */
export function isJob(result: unknown): result is Job {
  return typeof result === 'object' && result !== null && 'name' in result && 'files' in result;
}
