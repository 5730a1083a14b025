// A value that is fetched, kept fresh while somebody looks, and left alone while nobody does.

import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import { asCallError, type CallError } from './errors';
import type { ILive } from './live';

/** How a feed gets and renews its value. */
export type FeedOptions<T> = {
  name: string;
  fetch: () => Promise<T>;
  /** Milliseconds between two fetches while it is looked at; 0 fetches only when asked or told. */
  interval?: number;
  live?: ILive;
  /** The beginnings of events that make the value stale, for instance `catalog.`. */
  events?: string[];
};

/** A value, when it came, and what went wrong last; old values stay while new ones load. */
export class Feed<T> implements IDisposable {
  constructor(private readonly _options: FeedOptions<T>) {
    const interval = _options.interval || Poll.NEVER;
    this._poll = new Poll({
      auto: false,
      name: _options.name,
      factory: () => this._fetch(),
      frequency: { interval, backoff: true, max: 5 * 60_000 },
      standby: () => !this._awake || (typeof document !== 'undefined' && document.hidden)
    });
    _options.live?.happened.connect(this._onHappened, this);
  }

  /** Fires when anything about the feed changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get value(): T | undefined {
    return this._value;
  }

  get error(): CallError | undefined {
    return this._error;
  }

  /** When the value came, in milliseconds since 1970. */
  get at(): number {
    return this._at;
  }

  get loading(): boolean {
    return this._loading;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  /** Somebody looks: fetch now if the value is missing or stale, and go on renewing it. */
  wake(): void {
    if (this._awake) {
      return;
    }
    this._awake = true;
    if (this._started) {
      void this.refresh();
    } else {
      this._started = true;
      void this._poll.start();
      void this.refresh();
    }
  }

  /** Nobody looks any more. */
  sleep(): void {
    this._awake = false;
  }

  /** Fetch now. */
  async refresh(): Promise<void> {
    await this._poll.refresh();
    await this._poll.tick.catch(() => undefined);
  }

  /** Take a value from elsewhere, for instance the answer of a change. */
  set(value: T): void {
    this._value = value;
    this._error = undefined;
    this._at = Date.now();
    this._changed.emit();
  }

  /** Change how often the value is renewed. */
  every(milliseconds: number): void {
    this._poll.frequency = { ...this._poll.frequency, interval: milliseconds };
  }

  dispose(): void {
    this._poll.dispose();
    Signal.clearData(this);
  }

  private async _fetch(): Promise<void> {
    this._loading = true;
    this._changed.emit();
    try {
      this._value = await this._options.fetch();
      this._at = Date.now();
      this._error = undefined;
    } catch (reason) {
      this._error = asCallError(reason);
      throw reason;
    } finally {
      this._loading = false;
      if (!this.isDisposed) {
        this._changed.emit();
      }
    }
  }

  private _onHappened(_: ILive, happened: { what: string }): void {
    if (this._awake && this._options.events?.some(start => happened.what.startsWith(start))) {
      void this.refresh();
    }
  }

  private readonly _poll: Poll<void, Error>;
  private readonly _changed = new Signal<this, void>(this);
  private _value: T | undefined;
  private _error: CallError | undefined;
  private _at = 0;
  private _awake = false;
  private _loading = false;
  private _started = false;
}
