// Storage: how a notebook is kept, what changed between two versions of it, and merges that wait for a person.

import { Token } from '@lumino/coreutils';

import type { Task } from '../tasks/tokens';

/** The shapes of the contract that storage uses. */
export type Status = {
  path: string;
  stored: 'text' | 'notebook';
  git: 'none' | 'untracked' | 'unchanged' | 'changed' | 'conflict';
  branch?: string;
  outputs?: string;
  conflicts?: number;
  stale?: string[];
};
export type NotebookVersion = {
  rev: string;
  short: string;
  author: string;
  when: string;
  message: string;
};
export type Side = {
  kind: 'commit' | 'disk' | 'file' | 'open';
  value?: string;
  notebook?: Record<string, unknown> | null;
};
export type DiffRequest = { path: string; before: Side; after: Side; outputs?: boolean };
export type Line = {
  kind: 'same' | 'changed' | 'removed' | 'added';
  before: number | null;
  after: number | null;
  textBefore?: string;
  textAfter?: string;
  spansBefore?: [number, number][];
  spansAfter?: [number, number][];
};
export type OutputPart = {
  kind: string;
  mime: string;
  size: number;
  text?: string;
  blob?: string;
  data?: string;
};
export type OutputChange = {
  kind: 'changed' | 'added' | 'removed';
  before: OutputPart | null;
  after: OutputPart | null;
  lines?: Line[];
};
export type CellChange = {
  kind: 'same' | 'changed' | 'added' | 'removed' | 'moved';
  id: string;
  cellType: string;
  before: number | null;
  after: number | null;
  countBefore?: number | null;
  countAfter?: number | null;
  lines?: Line[];
  outputs?: OutputChange[];
  metadata?: string[];
  summary?: string;
};
export type NotebookDiff = {
  path: string;
  beforeName: string;
  afterName: string;
  cells: CellChange[];
  changed: number;
  metadata?: string[];
  language?: string;
};
export type CellConflict = {
  ours: string | null;
  theirs: string | null;
  base?: string | null;
  oursName?: string;
  theirsName?: string;
  baseName?: string;
};
export type MergeCell = {
  id: string;
  cellType: string;
  state: 'same' | 'ours' | 'theirs' | 'both' | 'conflict' | 'added' | 'removed';
  side?: '' | 'ours' | 'theirs' | 'both';
  source?: string;
  conflict?: CellConflict | null;
  linesOurs?: Line[];
  linesTheirs?: Line[];
  summary?: string;
};
export type MergeView = {
  path: string;
  oursName: string;
  theirsName: string;
  baseName: string;
  cells: MergeCell[];
  conflicts: number;
  merged: number;
  language?: string;
};
export type Pick = { id: string; pick: 'ours' | 'theirs' | 'both' | 'edited'; source?: string };
export type Converted = { path: string; became: string; problem?: string };

/** Calls of the storage routes. */
export interface ICalls {
  status(path: string): Promise<Status>;
  versions(path: string): Promise<NotebookVersion[]>;
  diff(request: DiffRequest): Promise<NotebookDiff>;
  merge(path: string): Promise<MergeView>;
  resolve(path: string, picks: Pick[]): Promise<unknown>;
  restore(path: string, rev: string, cell: string): Promise<unknown>;
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
