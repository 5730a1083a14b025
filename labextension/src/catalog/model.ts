// The state of the catalog's section: sources, the datasets of the open ones, and what a search found.

import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import type { IClient } from '../api/client';
import { asCallError, type CallError } from '../api/errors';
import { Feed } from '../api/feed';
import type { ILive } from '../api/live';
import { loadCode } from './calls';
import type { CodeAsked, DatasetRow, Engine, Facet, Hit, ICatalog, Source } from './tokens';

/** So many sources are opened by themselves, so that there is something to see. */
const OPEN_AT_FIRST = 4;

/** So many datasets are fetched at a time. */
const PAGE = 500;

/** Sources, datasets and hits. */
export class CatalogModel implements ICatalog, IDisposable {
  constructor(
    private readonly _client: IClient,
    live?: ILive
  ) {
    this.sources = new Feed<Source[]>({
      name: 'perijove:catalog',
      fetch: () => this._fetch(),
      live,
      events: ['catalog.']
    });
    this.sources.changed.connect(() => this._changed.emit(), this);
  }

  /** All sources. */
  readonly sources: Feed<Source[]>;
  engine: Engine = 'pandas';

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this.sources.isDisposed;
  }

  /** How many datasets all sources have. */
  get total(): number | undefined {
    return this.sources.value?.reduce((sum, source) => sum + source.datasets, 0);
  }

  /** What is searched for; empty shows the sources. */
  get query(): string {
    return this._query;
  }

  /** What the search found; undefined while it is under way. */
  get hits(): readonly Hit[] | undefined {
    return this._hits;
  }

  /** How the hits can be narrowed. */
  get facets(): readonly Facet[] {
    return this._facets;
  }

  /** By what the hits are narrowed. */
  get narrowed(): Readonly<Record<string, string>> {
    return this._narrowed;
  }

  /** How long the search took, in milliseconds. */
  get took(): number {
    return this._took;
  }

  /** Why the search failed. */
  get searchError(): CallError | undefined {
    return this._searchError;
  }

  /** Whether a source, or a folder by its id, is open. */
  isOpen(id: string): boolean {
    return this._open.has(id);
  }

  /** How many datasets of an open source have not been fetched yet. */
  left(source: string): number {
    return (this._totals.get(source) ?? 0) - (this._datasets.get(source)?.length ?? 0);
  }

  /** Open or close a folder. */
  fold(id: string): void {
    if (!this._open.delete(id)) {
      this._open.add(id);
    }
    this._changed.emit();
  }

  /** Fetch more of a source's datasets. */
  async more(source: string): Promise<void> {
    await this._load(source, this._datasets.get(source) ?? []);
  }

  /** Narrow the hits by a facet; an empty value takes it back. */
  async narrow(facet: string, value: string): Promise<void> {
    const others = Object.entries(this._narrowed).filter(([name]) => name !== facet);
    this._narrowed = Object.fromEntries(value ? [...others, [facet, value]] : others);
    await this.search(this._query);
  }

  /** The datasets of an open source; undefined while they load. */
  datasets(source: string): readonly DatasetRow[] | undefined {
    return this._datasets.get(source);
  }

  /** Why the datasets of a source could not be read. */
  problem(source: string): CallError | undefined {
    return this._problems.get(source);
  }

  /** Open or close a source. */
  async toggle(source: string): Promise<void> {
    if (this._open.delete(source)) {
      this._changed.emit();
      return;
    }
    this._open.add(source);
    this._changed.emit();
    await this._load(source);
  }

  /** Find datasets by name and column; an empty query goes back to the sources. */
  async search(query: string): Promise<void> {
    this._query = query;
    this._searchError = undefined;
    const turn = ++this._turn;
    if (!query.trim()) {
      this._hits = undefined;
      this._narrowed = {};
      this._changed.emit();
      return;
    }
    this._changed.emit();
    try {
      const found = await this._client.call('get', '/catalog/search', {
        query: { q: query, limit: 50, ...this._narrowing() }
      });
      if (turn === this._turn) {
        [this._hits, this._facets, this._took] = [found.hits, found.facets ?? [], found.ms ?? 0];
      }
    } catch (reason) {
      if (turn === this._turn) {
        this._hits = [];
        this._searchError = asCallError(reason);
      }
    }
    this._changed.emit();
  }

  code(asked: CodeAsked): Promise<string> {
    return loadCode(this._client, { ...asked, engine: asked.engine ?? this.engine });
  }

  async refresh(): Promise<void> {
    await this.sources.refresh();
  }

  dispose(): void {
    this.sources.dispose();
    Signal.clearData(this);
  }

  private async _fetch(): Promise<Source[]> {
    const sources = await this._client.call('get', '/catalog/sources', {});
    if (!this._greeted && sources.length > 0) {
      this._greeted = true;
      sources.slice(0, OPEN_AT_FIRST).forEach(source => this._open.add(source.name));
    }
    await Promise.all(
      sources.filter(({ name }) => this._open.has(name)).map(({ name }) => this._load(name))
    );
    return sources;
  }

  private _narrowing(): { problem?: boolean } & Record<string, string | boolean> {
    const { problem, ...others } = this._narrowed;
    return problem ? { ...others, problem: problem === 'yes' } : others;
  }

  private async _load(source: string, before: readonly DatasetRow[] = []): Promise<void> {
    try {
      const page = await this._client.call('get', '/catalog/datasets', {
        query: { source, limit: PAGE, offset: before.length }
      });
      this._datasets.set(source, [...before, ...page.datasets]);
      this._totals.set(source, page.total);
      this._problems.delete(source);
    } catch (reason) {
      this._problems.set(source, asCallError(reason));
    }
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _open = new Set<string>();
  private readonly _datasets = new Map<string, readonly DatasetRow[]>();
  private readonly _problems = new Map<string, CallError>();
  private readonly _totals = new Map<string, number>();
  private _narrowed: Record<string, string> = {};
  private _facets: readonly Facet[] = [];
  private _took = 0;
  private _greeted = false;
  private _query = '';
  private _hits: readonly Hit[] | undefined;
  private _searchError: CallError | undefined;
  private _turn = 0;
}
