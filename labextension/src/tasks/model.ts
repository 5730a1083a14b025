// Follows tasks with one request for all of them, and only while one is running.

import { PromiseDelegate } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import type { IClient } from '../api/client';
import type { ITasks, Task } from './tokens';

/** Whether a task has not ended. */
export function isRunning(task: Task): boolean {
  return task.state === 'queued' || task.state === 'running';
}

/** The tasks that are followed. */
export class TaskModel implements ITasks, IDisposable {
  constructor(
    private readonly _client: IClient,
    interval = 800
  ) {
    this._poll = new Poll({
      auto: false,
      name: 'perijove:tasks',
      factory: () => this._update(),
      frequency: { interval, backoff: true, max: 30_000 },
      standby: 'when-hidden'
    });
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Fires for each task that began, moved or ended. */
  get moved(): ISignal<this, Task> {
    return this._moved;
  }

  get running(): readonly Task[] {
    return [...this._tasks.values()].filter(isRunning).reverse();
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  get(id: string): Task | undefined {
    return this._tasks.get(id);
  }

  /** Take up the tasks that run already, for instance after a reload of the page. */
  async restore(): Promise<void> {
    const tasks = await this._client.call('get', '/tasks', { query: { limit: 50 } });
    for (const task of tasks.filter(isRunning)) {
      this._hear(task);
    }
    this._keepGoing();
  }

  /** Whether whoever started a task tells how it ended. */
  isTold(id: string): boolean {
    return this._told.has(id);
  }

  /** Whether whoever started a task shows how far it is, so that nothing else has to. */
  isShown(id: string): boolean {
    return this._shown.has(id);
  }

  follow(task: Task, tells = false, shows = false): Promise<Task> {
    if (shows) {
      this._shown.add(task.id);
    }
    if (tells) {
      this._told.add(task.id);
    }
    const delegate = this._ends.get(task.id) ?? new PromiseDelegate<Task>();
    this._ends.set(task.id, delegate);
    this._hear(task);
    this._keepGoing();
    return delegate.promise;
  }

  async cancel(id: string): Promise<void> {
    this._hear(await this._client.call('post', '/tasks/{id}/cancel', { path: { id } }));
  }

  dispose(): void {
    this._poll.dispose();
    Signal.clearData(this);
  }

  private async _update(): Promise<void> {
    const followed = new Set(this.running.map(task => task.id));
    const tasks = await this._client.call('get', '/tasks', { query: { limit: 50 } });
    for (const task of tasks) {
      if (followed.delete(task.id) || isRunning(task)) {
        this._hear(task);
      }
    }
    for (const id of followed) {
      this._hear(await this._client.call('get', '/tasks/{id}', { path: { id } }));
    }
    if (this.running.length === 0) {
      void this._poll.stop();
    }
  }

  private _keepGoing(): void {
    if (this.running.length > 0 && ['constructed', 'stopped'].includes(this._poll.state.phase)) {
      void this._poll.start();
    }
  }

  private _hear(task: Task): void {
    this._tasks.set(task.id, task);
    this._moved.emit(task);
    this._changed.emit();
    if (!isRunning(task)) {
      this._ends.get(task.id)?.resolve(task);
      this._ends.delete(task.id);
    }
  }

  private readonly _poll: Poll<void, Error>;
  private readonly _tasks = new Map<string, Task>();
  private readonly _told = new Set<string>();
  private readonly _shown = new Set<string>();
  private readonly _ends = new Map<string, PromiseDelegate<Task>>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _moved = new Signal<this, Task>(this);
}
