// Jobs: packages made from cells, and how their results compare with the notebook's.

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { Schemas } from '../api/client';

/** The shapes of the contract that the jobs use. */
export type Job = Schemas['Job'];
export type Slice = Schemas['Slice'];
export type Verification = Schemas['Verification'];

/** What the jobs offer to other parts. */
export interface IJobs {
  /** Fires when any job changed. */
  readonly changed: ISignal<IJobs, void>;
  /** The jobs, newest first; undefined until they were looked at. */
  readonly all: readonly Job[] | undefined;
}

/** The token of the jobs. */
export const IJobs = new Token<IJobs>('perijove:IJobs', 'The exported jobs of this project.');
