// The calls about lineage, in one place.

import type { IClient } from '../api/client';
import type { ChangedCell, ChangedDataset, Graph, Impact } from './wire';

/** Upwards to where data came from, or downwards to what was made of it. */
export type Way = 'up' | 'down';

/** What the views ask the server. */
export interface ILineageCalls {
  /** What is around a thing, some hops each way; without `kinds`, of every kind. */
  around(ref: string, up: number, down: number, kinds?: readonly string[]): Promise<Graph>;
  /** What hangs on a thing one hop further; on a cell only what `of` went into or came from. `after` goes on. */
  hops(ref: string, way: Way, of: readonly string[], after: string): Promise<Graph>;
  /** What breaks if a column goes, or all of it. */
  impact(ref: string, column: string): Promise<Impact>;
  /** What became of the data that a cell read. */
  changed(ref: string): Promise<ChangedDataset[]>;
}

/** The calls over HTTP. */
export class LineageCalls implements ILineageCalls {
  constructor(private readonly _client: IClient) {}

  async around(
    ref: string,
    up: number,
    down: number,
    kinds: readonly string[] = []
  ): Promise<Graph> {
    return this._client.call('get', '/lineage', {
      query: { ref, up, down, kinds: kinds.join(','), columns: true }
    });
  }

  async hops(ref: string, way: Way, of: readonly string[], after: string): Promise<Graph> {
    return this._client.call('get', '/lineage/hops', {
      query: { ref, way, of: of.join('\n'), after, limit: 50, columns: true }
    });
  }

  async impact(ref: string, column: string): Promise<Impact> {
    return this._client.call('get', '/lineage/impact', { query: { ref, column } });
  }

  async changed(ref: string): Promise<ChangedDataset[]> {
    return (await this._client.call('get', '/lineage/changed', { query: { ref } })).datasets;
  }
}

/** The cells of a notebook whose data has changed since they read it. */
export async function changedCells(client: IClient, notebook: string): Promise<ChangedCell[]> {
  return client.call('get', '/lineage/changed/cells', { query: { notebook } });
}
