// Bringing a job up to date with its notebook: starting it, what came of it, and choices where both changed the same.

import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import type { IClient } from '../api/client';
import { asCallError, type CallError } from '../api/errors';
import type { ITasks, Task } from '../tasks/tokens';
import type { Clash, Job, Update } from './tokens';

/** Whose version of a file stays: the one in the job, the notebook's, or the one edited in the conflict's folder. */
export type Take = 'mine' | 'notebook' | 'edited';

type Deps = {
  client: IClient;
  tasks: ITasks;
  trans: TranslationBundle;
  kernelOf: (path: string) => string;
  save: () => Promise<void>;
};

/** The update of one job. */
export class UpdateModel implements IDisposable {
  constructor(
    readonly name: string,
    private readonly _deps: Deps
  ) {}

  task: Task | undefined;
  error: CallError | undefined;
  /** What the last update did, from this page. */
  done: Update | undefined;
  /** The conflict that waits for choices. */
  waiting: Update | undefined;
  takes: Record<string, Take> = {};

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The files in conflict that nobody has chosen for. */
  get open(): string[] {
    return (this.waiting?.conflicts ?? []).filter(path => !this.takes[path]);
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    Signal.clearData(this);
  }

  /** Look whether a conflict waits; a job without one has none. */
  async look(job: Job): Promise<void> {
    if ((job.conflicts ?? []).length === 0) {
      this._tell({ waiting: undefined, takes: {} });
      return;
    }
    try {
      const path = { name: this.name };
      this._tell({
        waiting: await this._deps.client.call('get', '/jobs/{name}/conflict', { path })
      });
    } catch (reason) {
      this._tell({ error: asCallError(reason) });
    }
  }

  /** Choose whose version of a file stays. */
  take(path: string, take: Take): void {
    this._tell({ takes: { ...this.takes, [path]: take } });
  }

  /** Merge what the notebook gives now into the job, with the choices made so far. */
  async start(job: Job): Promise<void> {
    const { client, kernelOf, save, tasks, trans } = this._deps;
    this._tell({ error: undefined, done: undefined });
    try {
      await save();
      const kernel = kernelOf(job.notebook);
      const task = await client.call('post', '/jobs/{name}/update', {
        path: { name: this.name },
        body: { kernel_id: kernel, run: !kernel, verify: true, take: this._chosen() }
      });
      this._tell({ task });
      const ended = await tasks.follow(task, true, true);
      if (ended.state === 'done' && isUpdate(ended.result)) {
        this._ended(ended.result);
      } else {
        const said =
          ended.state === 'cancelled' ? trans.__('The update was cancelled.') : ended.error;
        throw new Error([said, ended.hint].filter(Boolean).join(' '));
      }
    } catch (reason) {
      this._tell({ task: undefined, error: asCallError(reason) });
    }
  }

  /** Forget the conflict; the job stays as it is. */
  async abandon(): Promise<void> {
    try {
      await this._deps.client.call('delete', '/jobs/{name}/conflict', {
        path: { name: this.name }
      });
      this._tell({ waiting: undefined, takes: {}, error: undefined });
    } catch (reason) {
      this._tell({ error: asCallError(reason) });
    }
  }

  /** The choices for what is in conflict still. */
  private _chosen(): Record<string, Take> {
    const paths = this.waiting?.conflicts ?? [];
    return Object.fromEntries(
      paths.flatMap(path => (this.takes[path] ? [[path, this.takes[path]]] : []))
    );
  }

  private _ended(update: Update): void {
    const clean = update.conflicts.length === 0;
    this._tell({
      task: undefined,
      done: clean ? update : undefined,
      waiting: clean ? undefined : update,
      takes: clean ? {} : this.takes
    });
  }

  private _tell(
    change: Partial<Pick<UpdateModel, 'task' | 'error' | 'done' | 'waiting' | 'takes'>>
  ): void {
    Object.assign(this, change);
    this._changed.emit();
  }

  private _disposed = false;
  private readonly _changed = new Signal<this, void>(this);
}

/** Whether the result of a task is an update. */
export function isUpdate(result: unknown): result is Update {
  return (
    typeof result === 'object' && result !== null && 'merged' in result && 'conflicts' in result
  );
}

/** The clashes of each file in conflict, in the order of the files. */
export function byFile(update: Update): [string, Clash[]][] {
  return update.conflicts.map(path => [
    path,
    (update.clashes ?? []).filter(clash => clash.path === path)
  ]);
}
