// Storage: how a notebook is kept, what changed between two versions of it, and merges that wait for a person.

import { Token } from '@lumino/coreutils';

import type { Schemas } from '../api/client';
import type { Task } from '../tasks/tokens';

/** The shapes of the contract that storage uses. */
export type Status = Schemas['Status'];
export type NotebookVersion = Schemas['NotebookVersion'];
export type Side = Schemas['Side'];
export type DiffRequest = Schemas['DiffRequest'];
export type Line = Schemas['Line'];
export type OutputPart = Schemas['OutputPart'];
export type OutputChange = Schemas['OutputChange'];
export type CellChange = Schemas['CellChange'];
export type NotebookDiff = Schemas['NotebookDiff'];
export type CellConflict = Schemas['CellConflict'];
export type MergeCell = Schemas['MergeCell'];
export type MergeView = Schemas['MergeView'];
export type Pick = Schemas['Pick'];

/** A whole notebook: any JSON object, which the contract's types write like this. */
export type Content = NonNullable<Side['notebook']>;

/** One line of a conversion's report, which a task carries as its result. */
export type Converted = { path: string; became: string; problem?: string; note?: string };

/** Calls of the storage routes. */
export interface ICalls {
  status(path: string): Promise<Status>;
  versions(path: string): Promise<NotebookVersion[]>;
  diff(request: DiffRequest): Promise<NotebookDiff>;
  merge(path: string): Promise<MergeView>;
  resolve(path: string, picks: Pick[]): Promise<Status>;
  restore(path: string, rev: string, cell: string): Promise<Status>;
  convert(path: string, to: 'text' | 'notebook'): Promise<Task>;
  blob(sha: string, mime: string): Promise<Blob>;
}

/** What storage offers to other parts. */
export interface IStorage {
  /** Show what changed in a notebook since its last commit. */
  showChanges(path: string): void;
  /** Open the merge of a notebook that is in conflict. */
  merge(path: string): void;
}

/** The token of storage. */
export const IStorage = new Token<IStorage>(
  'perijove:IStorage',
  'Shows the changes of notebooks and resolves their merges.'
);
