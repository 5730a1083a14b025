// Colours code as Lab's editors do, line by line, without an editor.

import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import * as React from 'react';

import { type Token, tokensByLine } from './lines';

/** Larger sources stay plain: colouring them would hold up the page. */
const LONGEST = 200_000;

/** Colours code. */
export interface IColours {
  /** The coloured runs of each line. */
  tokens(code: string, language: string): Promise<Token[][]>;
}

/** Colours by Lab's own registry of languages. */
export class Colours implements IColours {
  constructor(private readonly _languages: IEditorLanguageRegistry) {}

  async tokens(code: string, language: string): Promise<Token[][]> {
    const spec = this._languages.findBest(language);
    if (!spec || code.length > LONGEST) {
      return [];
    }
    await mountStyle();
    const host = document.createElement('pre');
    await this._languages.highlight(code, spec, host);
    return tokensByLine(
      Array.from(host.childNodes, node => ({
        text: node.textContent ?? '',
        style: node instanceof HTMLElement ? node.className : ''
      }))
    );
  }
}

let mounted: Promise<void> | undefined;

/** The rules of the colours; editors bring them, but none may be open. */
function mountStyle(): Promise<void> {
  mounted ??= import('@jupyterlab/codemirror').then(({ jupyterHighlightStyle }) => {
    const style = document.createElement('style');
    style.textContent = jupyterHighlightStyle.module?.getRules() ?? '';
    document.head.append(style);
  });
  return mounted;
}

/** The colours of a source; none until they are known, and none for prose. */
export function useColours(
  colours: IColours | undefined,
  code: string,
  language: string
): readonly Token[][] {
  const [tokens, setTokens] = React.useState<Token[][]>([]);
  React.useEffect(() => {
    let wanted = true;
    setTokens([]);
    if (colours && language && code) {
      colours.tokens(code, language).then(
        found => wanted && setTokens(found),
        () => wanted && setTokens([]) // code without colours is still code
      );
    }
    return () => {
      wanted = false;
    };
  }, [colours, code, language]);
  return tokens;
}
