// Search over everything.

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { Schemas } from '../api/client';

/** One thing that was found. */
export type Found = Schemas['Found'];

/** What the search offers to other parts. */
export interface ISearch {
  /** Fires when query or hits changed. */
  readonly changed: ISignal<ISearch, void>;
  /** Look for something. */
  search(query: string): Promise<void>;
}

/** The token of the search. */
export const ISearch = new Token<ISearch>('perijove:ISearch', 'Search over everything.');
