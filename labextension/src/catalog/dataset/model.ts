// The state of a dataset's page: what was fetched about it, the chosen tab and column, the figures at their best level.

import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import { asCallError, type CallError } from '../../api/errors';
import type { Calls } from '../calls';
import { Windows } from '../grid/windows';
import type { ColumnProfile, Profile } from '../wire';

/** The parts of the page. */
export type Part =
  'overview' | 'schema' | 'preview' | 'profile' | 'versions' | 'lineage' | 'uses' | 'access';

/** The page of one dataset. */
export class DatasetModel implements IDisposable {
  constructor(readonly calls: Calls) {
    this.windows = new Windows(window => calls.look(window, this._version));
  }

  /** The rows of the preview. */
  readonly windows: Windows;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  get part(): Part {
    return this._part;
  }

  /** The column chosen in schema and profile. */
  get column(): string {
    return this._column;
  }

  /** The column of which the lineage tells what breaks without it. */
  get asked(): string | undefined {
    return this._asked;
  }

  /** The version that rows, figures and load code are of; empty for the present one. */
  get version(): string {
    return this._version;
  }

  /** The figures: of all rows where they were made, else of a sample. */
  get profile(): Profile | undefined {
    return this._profile;
  }

  get profiling(): boolean {
    return this._profiling;
  }

  get problem(): CallError | undefined {
    return this._problem;
  }

  /** The figures of a column. */
  figures(column: string): ColumnProfile | undefined {
    return this._profile?.columns.find(one => one.name === column);
  }

  /** Go to a part of the page. */
  show(part: Part): void {
    this._part = part;
    this._changed.emit();
  }

  /** Look at another version from now on. */
  pin(version: string): void {
    if (version === this._version) {
      return;
    }
    this._version = version;
    this._profile = undefined;
    this._turn += 1;
    if (this.windows.columns) {
      this.windows.again();
    }
    if (this._sampled) {
      void this.sample(true);
    }
    this._changed.emit();
  }

  choose(column: string): void {
    this._column = column;
    this._changed.emit();
  }

  /** Show in the lineage what breaks if a column goes. */
  askImpact(column: string): void {
    this._asked = column;
    this.show('lineage');
  }

  /** Fetch the figures of a sample, once; those of all rows take their place where there are any. */
  async sample(again = false): Promise<void> {
    if (this._sampled && !again) {
      return;
    }
    this._sampled = true;
    await this._fetch(async take => {
      const sampled = await this.calls.profile('sample', this._version);
      take(sampled);
      if (sampled.basis.method !== 'all rows') {
        this._changed.emit();
        take(await this.calls.profile('full', this._version).catch(() => sampled));
      }
    });
  }

  /** Take the figures of all rows, after the task that made them. */
  async full(): Promise<void> {
    await this._fetch(async take => take(await this.calls.profile('full', this._version)));
  }

  dispose(): void {
    this._disposed = true;
    Signal.clearData(this);
  }

  /** Do what fetches figures; those that come after another version was chosen are dropped. */
  private async _fetch(work: (take: (found: Profile) => void) => Promise<void>): Promise<void> {
    const turn = this._turn;
    const isLate = (): boolean => turn !== this._turn;
    this._profiling = true;
    this._problem = undefined;
    this._changed.emit();
    try {
      await work(found => {
        this._profile = isLate() ? this._profile : found;
      });
    } catch (reason) {
      this._problem = isLate() ? this._problem : asCallError(reason);
    }
    if (isLate()) {
      return;
    }
    this._profiling = false;
    if (!this._disposed) {
      this._changed.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _part: Part = 'schema';
  private _version = '';
  private _turn = 0;
  private _column = '';
  private _asked: string | undefined;
  private _profile: Profile | undefined;
  private _profiling = false;
  private _sampled = false;
  private _problem: CallError | undefined;
  private _disposed = false;
}
