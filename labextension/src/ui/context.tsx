// What every part on the screen needs: the translation, and a way to hear of changes.

import { nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

const TransContext = React.createContext<TranslationBundle>(nullTranslator.load('perijove'));

/** Gives the translation to all parts inside. */
export const TransProvider = TransContext.Provider;

/** The translation bundle. */
export function useTrans(): TranslationBundle {
  return React.useContext(TransContext);
}

/** Draw again whenever a signal fires. */
export function useSignal<T, A>(signal: ISignal<T, A>): void {
  const [, again] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const slot = (): void => again();
    signal.connect(slot);
    return () => {
      signal.disconnect(slot);
    };
  }, [signal]);
}
