// Calls of Perijove's REST routes, typed by the contract: a wrong path, argument or field does not compile.

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { Token } from '@lumino/coreutils';

import { CallError, readError } from './errors';
import type { components, paths } from './schema';

/** The structs of the contract by name, for instance `Schemas['Task']`. */
export type Schemas = components['schemas'];

type Verb = 'get' | 'post' | 'delete';

/** The paths that answer to a verb. */
export type PathOf<V extends Verb> = {
  [P in keyof paths]: paths[P] extends { [K in V]: { responses: unknown } } ? P : never;
}[keyof paths];

type Operation<V extends Verb, P extends PathOf<V>> = V extends keyof paths[P]
  ? paths[P][V]
  : never;

type Part<O, K extends 'query' | 'path'> = O extends { parameters: { [Q in K]: infer A } }
  ? [A] extends [undefined]
    ? unknown
    : { [Q in K]: A }
  : O extends { parameters: { [Q in K]?: infer A } }
    ? [A] extends [undefined]
      ? unknown
      : { [Q in K]?: A }
    : unknown;

type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } }
  ? { body: B }
  : unknown;

/** What a call takes: its query, path and body, as far as the route has them. */
export type Arguments<V extends Verb, P extends PathOf<V>> = Part<Operation<V, P>, 'query'> &
  Part<Operation<V, P>, 'path'> &
  Body<Operation<V, P>>;

/** What a call answers. */
export type Answer<V extends Verb, P extends PathOf<V>> =
  Operation<V, P> extends { responses: { 200: { content: { 'application/json': infer A } } } }
    ? A
    : never;

type Loose = {
  query?: Record<string, string | number | boolean | undefined>;
  path?: Record<string, string>;
  body?: unknown;
};

/** Calls Perijove's routes with the session's own login. */
export interface IClient {
  /** Call a route; throws CallError with a sentence for the person. */
  call<V extends Verb, P extends PathOf<V>>(
    verb: V,
    path: P,
    args: Arguments<V, P>
  ): Promise<Answer<V, P>>;
  /** The bytes of a file that a route answers with. */
  file(path: string): Promise<Blob>;
}

/** The token of the client. */
export const IClient = new Token<IClient>(
  'perijove:IClient',
  'Calls Perijove’s REST routes, typed by the contract.'
);

/** The address of a route relative to the server, with its path and query filled in. */
export function fill(path: string, args: Loose): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(args.path?.[name] ?? '')
  );
  const query = Object.entries(args.query ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join('&');
  return query ? `${filled}?${query}` : filled;
}

/** The client over Jupyter's own connection, which adds token and XSRF header. */
export class Client implements IClient {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async call<V extends Verb, P extends PathOf<V>>(
    verb: V,
    path: P,
    args: Arguments<V, P>
  ): Promise<Answer<V, P>> {
    const loose = args as Loose;
    const init: RequestInit = { method: verb.toUpperCase() };
    if (loose.body !== undefined) {
      init.body = JSON.stringify(loose.body);
      init.headers = { 'Content-Type': 'application/json' };
    }
    const response = await this._request(fill(path as string, loose), init);
    return (await response.json()) as Answer<V, P>;
  }

  async file(path: string): Promise<Blob> {
    const response = await this._request(path, { method: 'GET' });
    return response.blob();
  }

  private async _request(path: string, init: RequestInit): Promise<Response> {
    const url = URLExt.join(this._settings.baseUrl, 'perijove') + path;
    let response: Response;
    // Jupyter's “no-store” adds the time to the query, which the contract does not know; “no-cache” asks afresh as well.
    const asked: RequestInit = { ...init, cache: 'no-cache' };
    try {
      response = await ServerConnection.makeRequest(url, asked, this._settings);
    } catch (reason) {
      throw new CallError(
        'Offline',
        'The server does not answer.',
        'Check that Jupyter is running, then try again.',
        0,
        reason
      );
    }
    if (!response.ok) {
      throw readError(response.status, await response.text());
    }
    return response;
  }
}
