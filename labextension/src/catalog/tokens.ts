// The catalog: sources of datasets, and what is in them.

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { Schemas } from '../api/client';

/** The shapes of the contract that the catalog uses. */
export type Source = Schemas['Source'];
export type DatasetRow = Schemas['DatasetRow'];
export type Hit = Schemas['Hit'];
export type Facet = Schemas['Facet'];
export type Entry = Schemas['Entry'];
/** What can load a dataset. */
export type Engine = Schemas['EngineRow']['engine'];

/** The engines, in the order they are offered. */
export const ENGINES: readonly Engine[] = [
  'pandas',
  'polars',
  'pyarrow',
  'duckdb',
  'dask',
  'cudf',
  'sqlalchemy'
];

/** What is asked for when load code is: without an engine the one in the settings. */
export type CodeAsked = { ref: string; engine?: Engine; version?: string; notebook?: string };

/** What the catalog offers to other parts. */
export interface ICatalog {
  /** Fires when sources, datasets or hits changed. */
  readonly changed: ISignal<ICatalog, void>;
  /** The engine that loads datasets where none is named. */
  engine: Engine;
  /** Python that loads a dataset. */
  code(asked: CodeAsked): Promise<string>;
  /** Read the sources and the open ones' datasets again. */
  refresh(): Promise<void>;
}

/** The token of the catalog. */
export const ICatalog = new Token<ICatalog>('perijove:ICatalog', 'The catalog of datasets.');
