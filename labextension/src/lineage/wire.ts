// The shapes of the contract that the lineage views use.

import type { Schemas } from '../api/client';

export type Graph = Schemas['Graph'];
export type Node = Schemas['Node'];
export type Edge = Schemas['Edge'];
export type Flow = Schemas['Flow'];
export type Impact = Schemas['Impact'];
export type Affected = Schemas['Affected'];
export type ChangedDataset = Schemas['ChangedDataset'];
export type ChangedCell = Schemas['ChangedCell'];
