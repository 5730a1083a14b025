// Long-running work on the server, followed from here.

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { Schemas } from '../api/client';

/** A task as the contract has it. */
export type Task = Schemas['Task'];

/** Follows tasks until they end. */
export interface ITasks {
  /** Fires when any task changed. */
  readonly changed: ISignal<ITasks, void>;
  /** The tasks that have not ended, oldest first. */
  readonly running: readonly Task[];
  /** Follow a task that was just started; the answer is the task when it has ended. `tells` says itself how well it ended, `shows` shows how far it is. */
  follow(task: Task, tells?: boolean, shows?: boolean): Promise<Task>;
  /** The task as last heard of. */
  get(id: string): Task | undefined;
  /** Ask a task to stop. */
  cancel(id: string): Promise<void>;
}

/** The token of the tasks. */
export const ITasks = new Token<ITasks>(
  'perijove:ITasks',
  'Follows long-running work on the server.'
);
