// The catalog: sources of datasets, and what is in them.

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { Schemas } from '../api/client';

/** The shapes of the contract that the catalog uses. */
export type Source = Schemas['Source'];
export type DatasetRow = Schemas['DatasetRow'];
export type Hit = Schemas['Hit'];
/** What can load a dataset. */
export type Engine = 'pandas' | 'dask';

/** The engines, in the order they are offered. */
export const ENGINES: readonly Engine[] = ['pandas', 'dask'];

/** What the catalog offers to other parts. */
export interface ICatalog {
  /** Fires when sources, datasets or hits changed. */
  readonly changed: ISignal<ICatalog, void>;
  /** The engine that loads datasets where none is named. */
  engine: Engine;
  /** How many rows a preview has. */
  previewRows: number;
  /** Python that loads a dataset. */
  code(ref: string, engine?: Engine): Promise<string>;
  /** Read the sources and the open ones' datasets again. */
  refresh(): Promise<void>;
}

/** The token of the catalog. */
export const ICatalog = new Token<ICatalog>('perijove:ICatalog', 'The catalog of datasets.');
