// The calls about one dataset, in one place.

import type { IClient, Schemas } from '../api/client';
import type { Window } from './grid/windows';
import type { Engine } from './tokens';
import type {
  About,
  Access,
  Dataset,
  Diff,
  EngineRow,
  Grant,
  Level,
  NewAbout,
  Preview,
  Profile,
  Uses,
  Versions
} from './wire';

/** Asks the server about a dataset. */
export class Calls {
  constructor(
    private readonly _client: IClient,
    readonly ref: string
  ) {}

  /** Its schema and what is said of it. */
  dataset(): Promise<Dataset> {
    return this._client.call('get', '/catalog/dataset', { query: { ref: this.ref } });
  }

  /** Some rows, ordered and filtered where the data is. */
  look(window: Window, version = ''): Promise<Preview> {
    const body = { ref: this.ref, window: { ...window, version } };
    return this._client.call('post', '/catalog/look', { body });
  }

  /** Figures of its columns; those of all rows only where a task has made them. */
  profile(level: Level, version = ''): Promise<Profile> {
    const query = { ref: this.ref, level, version };
    return this._client.call('get', '/catalog/profile', { query });
  }

  /** Compute the figures of all rows. */
  profileAll(version = ''): Promise<Schemas['Task']> {
    return this._client.call('post', '/catalog/profile', { body: { ref: this.ref, version } });
  }

  versions(): Promise<Versions> {
    return this._client.call('get', '/catalog/versions', { query: { ref: this.ref } });
  }

  /** How a version differs from an earlier one. */
  diff(before: string, after: string): Promise<Diff> {
    return this._client.call('get', '/catalog/diff', { query: { ref: this.ref, before, after } });
  }

  uses(): Promise<Uses> {
    return this._client.call('get', '/catalog/uses', { query: { ref: this.ref, limit: 200 } });
  }

  engines(): Promise<EngineRow[]> {
    return this._client.call('get', '/catalog/engines', { query: { ref: this.ref } });
  }

  about(): Promise<About> {
    return this._client.call('get', '/catalog/about', { query: { ref: this.ref } });
  }

  /** Change what is said of it. */
  say(change: Omit<NewAbout, 'ref'>): Promise<About> {
    return this._client.call('post', '/catalog/about', { body: { ref: this.ref, ...change } });
  }

  access(): Promise<Access> {
    return this._client.call('get', '/catalog/access', { query: { ref: this.ref } });
  }

  /** Ask to read it. */
  ask(reason: string): Promise<Schemas['Request']> {
    return this._client.call('post', '/catalog/access/ask', { body: { ref: this.ref, reason } });
  }

  /** Approve or refuse a request. */
  decide(id: string, approve: boolean, reason: string): Promise<Schemas['Request']> {
    return this._client.call('post', '/catalog/access/decide', { body: { id, approve, reason } });
  }

  /** Restrict it to its readers, or open it again. */
  restrict(restricted: boolean, reason: string): Promise<Access> {
    return this._client.call('post', '/catalog/access/restrict', {
      body: { ref: this.ref, restricted, reason }
    });
  }

  /** Let somebody read. */
  grant(change: Omit<Grant, 'ref'>): Promise<Access> {
    return this._client.call('post', '/catalog/access/grant', {
      body: { ref: this.ref, ...change }
    });
  }

  /** Let somebody read no longer. */
  revoke(change: Omit<Grant, 'ref'>): Promise<Access> {
    return this._client.call('post', '/catalog/access/revoke', {
      body: { ref: this.ref, ...change }
    });
  }
}

/** Python that loads a dataset. */
export async function loadCode(
  client: IClient,
  asked: { ref: string; engine: Engine; version?: string; notebook?: string }
): Promise<string> {
  return (await client.call('get', '/catalog/code', { query: asked })).code;
}
