// Opens the page of anything that has a ref, whichever capability it belongs to.

import { Token } from '@lumino/coreutils';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';

/** Opens things by their ref; each capability says which kinds it can open. */
export interface IOpener {
  /** Take care of a kind of refs; the answer gives it back. */
  register(kind: string, open: (ref: string) => void): IDisposable;
  /** Whether a ref can be opened. */
  can(ref: string): boolean;
  /** Open a ref's page. */
  open(ref: string): void;
}

/** The token of the opener. */
export const IOpener = new Token<IOpener>(
  'perijove:IOpener',
  'Opens the page of anything that has a ref.'
);

/** The two parts of a ref: `kind:id`. */
export function parseRef(ref: string): { kind: string; id: string } {
  const colon = ref.indexOf(':');
  return { kind: ref.slice(0, colon), id: ref.slice(colon + 1) };
}

/** The opener: a table of kinds. */
export class Opener implements IOpener {
  register(kind: string, open: (ref: string) => void): IDisposable {
    this._kinds.set(kind, open);
    return new DisposableDelegate(() => this._kinds.delete(kind));
  }

  can(ref: string): boolean {
    return this._kinds.has(parseRef(ref).kind);
  }

  open(ref: string): void {
    this._kinds.get(parseRef(ref).kind)?.(ref);
  }

  private readonly _kinds = new Map<string, (ref: string) => void>();
}
