// The state of the search section: what is looked for and what was found; only the newest question counts.

import { type ISignal, Signal } from '@lumino/signaling';

import type { IClient } from '../api/client';
import { asCallError, type CallError } from '../api/errors';
import type { Found, ISearch } from './tokens';

/** Query and hits. */
export class SearchModel implements ISearch {
  constructor(private readonly _client: IClient) {}

  /** How many hits are asked for. */
  limit = 20;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get query(): string {
    return this._query;
  }

  /** What was found; undefined while nothing is known. */
  get hits(): readonly Found[] | undefined {
    return this._hits;
  }

  /** How many things match. */
  get total(): number {
    return this._total;
  }

  get error(): CallError | undefined {
    return this._error;
  }

  /** How long the search took, in milliseconds. */
  get took(): number {
    return this._took;
  }

  async search(query: string): Promise<void> {
    const turn = ++this._turn;
    this._query = query;
    this._error = undefined;
    if (!query.trim()) {
      this._hits = undefined;
      this._changed.emit();
      return;
    }
    this._changed.emit();
    const began = Date.now();
    try {
      const found = await this._client.call('get', '/search', {
        query: { q: query.trim(), limit: this.limit }
      });
      if (turn === this._turn) {
        [this._hits, this._total] = [found.hits, found.total];
      }
    } catch (reason) {
      if (turn === this._turn) {
        this._hits = undefined;
        this._error = asCallError(reason);
      }
    }
    if (turn === this._turn) {
      this._took = Date.now() - began;
      this._changed.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _query = '';
  private _hits: readonly Found[] | undefined;
  private _total = 0;
  private _took = 0;
  private _error: CallError | undefined;
  private _turn = 0;
}

/** How many hits there are of each kind, in the order they came. */
export function byKind(hits: readonly Found[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const hit of hits) {
    counts.set(hit.kind, (counts.get(hit.kind) ?? 0) + 1);
  }
  return [...counts];
}
