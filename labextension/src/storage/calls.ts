// The storage routes as functions, so that models and tests need not know addresses.

import { fill, type IClient } from '../api/client';
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

/** The calls over the typed client. */
export class Calls implements ICalls {
  constructor(private readonly _client: IClient) {}

  status(path: string): Promise<Status> {
    return this._client.call('get', '/storage/status', { query: { path } });
  }

  versions(path: string): Promise<NotebookVersion[]> {
    return this._client.call('get', '/storage/versions', { query: { path } });
  }

  diff(body: DiffRequest): Promise<NotebookDiff> {
    return this._client.call('post', '/storage/diff', { body });
  }

  merge(path: string): Promise<MergeView> {
    return this._client.call('get', '/storage/merge', { query: { path } });
  }

  resolve(path: string, picks: Pick[]): Promise<Status> {
    return this._client.call('post', '/storage/merge', { body: { path, picks } });
  }

  restore(path: string, rev: string, cell: string): Promise<Status> {
    return this._client.call('post', '/storage/restore', { body: { path, rev, cell } });
  }

  convert(path: string, to: 'text' | 'notebook'): Promise<Task> {
    return this._client.call('post', '/storage/convert', { body: { path, to } });
  }

  blob(sha: string, mime: string): Promise<Blob> {
    return this._client.file(fill('/storage/blobs/{sha}', { path: { sha }, query: { mime } }));
  }
}
