// Jobs: packages made from cells, and how their results compare with the notebook's.

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { Schemas } from '../api/client';

/** The shapes of the contract that the jobs use. */
export type Job = Schemas['Job'];
export type Slice = Schemas['Slice'];
export type CellView = Schemas['CellView'];
export type KeptLine = Schemas['KeptLine'];
export type LineRef = Schemas['LineRef'];
export type Finding = Schemas['Finding'];
export type Verification = Schemas['Verification'];
export type Update = Schemas['Update'];
export type Clash = Schemas['Clash'];
export type CellOrigin = Schemas['CellOrigin'];
export type Monitor = Schemas['Monitor'];
export type ColumnDrift = Schemas['ColumnDrift'];
export type MetricDecay = Schemas['MetricDecay'];
export type LookAtJob = Schemas['LookAtJob'];
export type LabelsOf = Schemas['Labels'];
export type Watched = Schemas['Watched'];
export type Target = Schemas['Part'];
export type NewJob = Schemas['NewJob'];

/** What the jobs offer to other parts. */
export interface IJobs {
  /** Fires when any job changed. */
  readonly changed: ISignal<IJobs, void>;
  /** The jobs, newest first; undefined until they were looked at. */
  readonly all: readonly Job[] | undefined;
}

/** The token of the jobs. */
export const IJobs = new Token<IJobs>('perijove:IJobs', 'The exported jobs of this project.');
