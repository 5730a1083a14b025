// Experiments: runs with their metrics.

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { Schemas } from '../api/client';

/** The shapes of the contract that the experiments use. */
export type RunRow = Schemas['RunRow'];
export type RunPage = Schemas['RunPage'];
export type Run = Schemas['Run'];
export type Curve = Schemas['Curve'];

/** What the experiments offer to other parts. */
export interface IExperiments {
  /** Fires when any run changed. */
  readonly changed: ISignal<IExperiments, void>;
  /** The runs, newest first; undefined until they were looked at. */
  readonly runs: readonly RunRow[] | undefined;
}

/** The token of the experiments. */
export const IExperiments = new Token<IExperiments>(
  'perijove:IExperiments',
  'The runs of this project.'
);
