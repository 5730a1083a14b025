// What happens on the server, as it happens, over Jupyter's own event stream.

import type { Event } from '@jupyterlab/services';
import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

/** The schema of Perijove's events. */
export const SCHEMA = 'https://schema.perijove.dev/happened/v1';

/** One thing that happened: `what` is `<capability>.<thing>.<verb>`. */
export type Happened = { what: string; ref: string; actor: string };

/** Tells what happens on the server. */
export interface ILive {
  /** Fires for each thing that happened. */
  readonly happened: ISignal<ILive, Happened>;
}

/** The token of the live feed. */
export const ILive = new Token<ILive>(
  'perijove:ILive',
  'Tells what happens on the server, as it happens.'
);

/** Reads the event stream and passes Perijove's events on. */
export class Live implements ILive, IDisposable {
  constructor(private readonly _stream: ISignal<unknown, Event.Emission>) {
    _stream.connect(this._read, this);
  }

  get happened(): ISignal<this, Happened> {
    return this._happened;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    this._stream.disconnect(this._read, this);
    Signal.clearData(this);
  }

  private _read(_: unknown, emission: Event.Emission): void {
    if (emission.schema_id !== SCHEMA) {
      return;
    }
    const { what, ref, actor } = emission as unknown as Partial<Happened>;
    this._happened.emit({
      what: String(what ?? ''),
      ref: String(ref ?? ''),
      actor: String(actor ?? '')
    });
  }

  private readonly _happened = new Signal<this, Happened>(this);
  private _disposed = false;
}
