// Clusters and what they do.

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { Schemas } from '../api/client';

/** A cluster as the contract has it. */
export type Cluster = Schemas['Cluster'];

/** What the clusters offer to other parts. */
export interface IClusters {
  /** Fires when any cluster changed. */
  readonly changed: ISignal<IClusters, void>;
  /** The clusters, newest first; undefined until they were looked at. */
  readonly all: readonly Cluster[] | undefined;
  /** Ask for another number of workers. */
  scale(id: string, workers: number): Promise<void>;
  /** Stop a cluster. */
  stop(id: string): Promise<void>;
}

/** The token of the clusters. */
export const IClusters = new Token<IClusters>(
  'perijove:IClusters',
  'The clusters of this project.'
);
