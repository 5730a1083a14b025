// The dialog that asks for a new source.

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

/** What the person wrote. */
export type NewSource = { name: string; uri: string };

class SourceForm extends Widget implements Dialog.IBodyWidget<NewSource> {
  constructor(trans: TranslationBundle) {
    super();
    this.addClass('pj-Form');
    this._uri = this._field(trans.__('Where'), trans.__('data/ or sqlite:///data/wine.db'));
    this._name = this._field(trans.__('Name'), trans.__('As it shall be called here'));
    this._uri.addEventListener('change', () => {
      this._name.value = this._name.value || suggestName(this._uri.value);
    });
  }

  getValue(): NewSource {
    const uri = this._uri.value.trim();
    return { uri, name: this._name.value.trim() || suggestName(uri) };
  }

  private _field(label: string, placeholder: string): HTMLInputElement {
    const frame = document.createElement('label');
    const input = document.createElement('input');
    const text = document.createElement('span');
    text.textContent = label;
    input.placeholder = placeholder;
    input.className = 'jp-mod-styled';
    input.setAttribute('aria-label', label);
    frame.append(text, input);
    this.node.appendChild(frame);
    return input;
  }

  private readonly _name: HTMLInputElement;
  private readonly _uri: HTMLInputElement;
}

/** A name made from the last part of an address. */
export function suggestName(uri: string): string {
  const parts = uri
    .replace(/[#?].*$/, '')
    .split('/')
    .filter(Boolean);
  return (parts.at(-1) ?? '').replace(/\.\w+$/, '').replace(/[^\w-]+/g, '_');
}

/** Ask for a source; undefined when the person changed their mind. */
export async function askSource(trans: TranslationBundle): Promise<NewSource | undefined> {
  const result = await showDialog({
    title: trans.__('Add a source'),
    body: new SourceForm(trans),
    focusNodeSelector: 'input',
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Add and scan') })
    ]
  });
  return result.button.accept && result.value?.uri ? result.value : undefined;
}
