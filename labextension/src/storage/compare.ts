// The dialog that asks which two versions of a notebook to compare.

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { versionLine } from './pickers';
import { type Choice, codeOf, DISK, nameOf, OPEN, parseChoice, shortName } from './sides';
import type { NotebookVersion } from './tokens';

/** Both sides as chosen; a file without a path is still to be asked for. */
export type Sides = { before: Choice; after: Choice };

class SidesForm extends Widget implements Dialog.IBodyWidget<Sides> {
  constructor(
    private readonly _versions: readonly NotebookVersion[],
    private readonly _isOpen: boolean,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('pj-Form');
    const newest = _versions[0];
    this._before = this._field(
      _trans.__('Before'),
      newest ? { kind: 'commit', value: newest.rev } : DISK
    );
    this._after = this._field(_trans.__('After'), _isOpen && !newest ? OPEN : DISK);
  }

  getValue(): Sides {
    return {
      before: parseChoice(this._before.value) ?? DISK,
      after: parseChoice(this._after.value) ?? DISK
    };
  }

  private _field(label: string, chosen: Choice): HTMLSelectElement {
    const frame = document.createElement('label');
    const text = document.createElement('span');
    text.textContent = label;
    const select = document.createElement('select');
    select.className = 'jp-mod-styled';
    select.setAttribute('aria-label', label);
    for (const [code, name] of this._options()) {
      select.add(new Option(name, code, false, code === codeOf(chosen)));
    }
    frame.append(text, select);
    this.node.append(frame);
    return select;
  }

  private _options(): [string, string][] {
    const places = this._isOpen ? [DISK, OPEN] : [DISK];
    return [
      ...places.map((place): [string, string] => [
        codeOf(place),
        shortName(place, this._versions, this._trans)
      ]),
      ['file', this._trans.__('Another notebook…')],
      ...this._versions.map((version): [string, string] => [
        `commit:${version.rev}`,
        versionLine(version)
      ])
    ];
  }

  private readonly _before: HTMLSelectElement;
  private readonly _after: HTMLSelectElement;
}

/** Ask for two sides; undefined when the person changed their mind. */
export async function askSides(
  path: string,
  versions: readonly NotebookVersion[],
  isOpen: boolean,
  trans: TranslationBundle
): Promise<Sides | undefined> {
  const asked = await showDialog({
    title: trans.__('Compare versions of %1', nameOf(path)),
    body: new SidesForm(versions, isOpen, trans),
    focusNodeSelector: 'select',
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Compare') })
    ]
  });
  return asked.button.accept ? (asked.value ?? undefined) : undefined;
}
