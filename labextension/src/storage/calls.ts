// The storage routes as functions, so that models and tests need not know addresses.

import type { IClient } from '../api/client';
import type { Task } from '../tasks/tokens';
import type {
  DiffRequest,
  ICalls,
  MergeView,
  NotebookDiff,
  NotebookVersion,
  Pick,
  Status
} from './tokens';

type Loose = {
  call(verb: string, path: string, args: unknown): Promise<unknown>;
};

/** The calls over the typed client. */
export class Calls implements ICalls {
  constructor(private readonly _client: IClient) {}

  status(path: string): Promise<Status> {
    return this._call('get', '/storage/status', { query: { path } }) as Promise<Status>;
  }

  versions(path: string): Promise<NotebookVersion[]> {
    return this._call('get', '/storage/versions', { query: { path } }) as Promise<
      NotebookVersion[]
    >;
  }

  diff(body: DiffRequest): Promise<NotebookDiff> {
    return this._call('post', '/storage/diff', { body }) as Promise<NotebookDiff>;
  }

  merge(path: string): Promise<MergeView> {
    return this._call('get', '/storage/merge', { query: { path } }) as Promise<MergeView>;
  }

  resolve(path: string, picks: Pick[]): Promise<unknown> {
    return this._call('post', '/storage/merge', { body: { path, picks } });
  }

  restore(path: string, rev: string, cell: string): Promise<unknown> {
    return this._call('post', '/storage/restore', { body: { path, rev, cell } });
  }

  convert(path: string, to: 'text' | 'notebook'): Promise<Task> {
    return this._call('post', '/storage/convert', { body: { path, to } }) as Promise<Task>;
  }

  blob(sha: string, mime: string): Promise<Blob> {
    const address = `/storage/blobs/${encodeURIComponent(sha)}?mime=${encodeURIComponent(mime)}`;
    return this._client.file(address);
  }

  private _call(verb: string, path: string, args: unknown): Promise<unknown> {
    return (this._client as unknown as Loose).call(verb, path, args);
  }
}
