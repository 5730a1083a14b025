// The catalog's calls about one dataset, in one place.

import type { IClient } from '../api/client';
import type { Window } from './grid/windows';
import type { Preview } from './wire';

/** Asks the server about datasets. */
export class Calls {
  constructor(private readonly _client: IClient) {}

  /** Some rows, ordered and filtered where the data is. */
  async look(ref: string, window: Window): Promise<Preview> {
    return this._client.call('get', '/catalog/preview', { query: { ref, rows: window.rows } });
  }
}
