// What storage asks a person before it changes a file, and what it reports afterwards.

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import { FileDialog } from '@jupyterlab/filebrowser';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { confirm } from '../ui/confirm';
import type { ChangesModel } from './model';
import type { MergeModel } from './merging';
import { nameOf, shortName } from './sides';
import type { CellChange, Converted } from './tokens';
import { placeOf } from './words';

/** Ask whether to bring a notebook, or one cell of it, back to the old side. */
export function confirmRestore(
  trans: TranslationBundle,
  model: ChangesModel,
  cell?: CellChange
): Promise<boolean> {
  const version = shortName(model.before, model.versions, trans);
  const name = nameOf(model.path);
  if (cell) {
    return confirm(trans, {
      title: trans.__('Restore cell [%1] of %2?', placeOf(cell), name),
      body: trans.__(
        'The cell becomes what it was in “%1”, with its outputs of then as far as they are kept. Its changes since are lost. All other cells stay as they are, and git’s history does not change.',
        version
      ),
      accept: trans.__('Restore cell')
    });
  }
  const changed = model.feed.value?.changed ?? 0;
  return confirm(trans, {
    title: trans.__('Restore %1?', name),
    body: trans._n(
      'The whole notebook becomes what it was in “%2”. %1 cell changes; what is not committed of it is lost. Git’s history does not change.',
      'The whole notebook becomes what it was in “%2”. %1 cells change; what is not committed of them is lost. Git’s history does not change.',
      changed,
      version
    ),
    accept: trans.__('Restore notebook')
  });
}

/** Ask whether to leave a merge although something was chosen. */
export function confirmStop(trans: TranslationBundle, model: MergeModel): Promise<boolean> {
  return confirm(trans, {
    title: trans.__('Stop the merge of %1?', nameOf(model.path)),
    body: trans.__(
      'What you chose here is forgotten. The file keeps its conflicts, and git waits for them as before; the merge can be opened again at any time.'
    ),
    accept: trans.__('Stop merge')
  });
}

/** Ask whether to convert all notebooks of a folder. */
export function confirmFolder(trans: TranslationBundle, path: string): Promise<boolean> {
  return confirm(trans, {
    title: trans.__('Convert all notebooks in %1?', nameOf(path) || '/'),
    body: trans.__(
      'Each .ipynb below this folder becomes a text notebook; its outputs are kept beside it. A notebook that would lose anything is left as it is, and the report says why.'
    ),
    accept: trans.__('Convert')
  });
}

/** Ask for another notebook. */
export async function pickNotebook(
  trans: TranslationBundle,
  manager: IDocumentManager,
  title: string
): Promise<string | undefined> {
  const asked = await FileDialog.getOpenFiles({
    manager,
    title,
    label: trans.__('Choose a notebook:'),
    filter: model => (model.type === 'notebook' || model.path.endsWith('.py') ? {} : null)
  });
  const file = asked.button.accept ? asked.value?.[0] : undefined;
  return file && file.type !== 'directory' ? file.path : undefined;
}

/** Show what a conversion did: what became what, and what was left alone and why. */
export async function showReport(
  trans: TranslationBundle,
  converted: readonly Converted[]
): Promise<void> {
  const body = new Widget();
  body.addClass('pj-Storage-report');
  const table = document.createElement('table');
  table.className = 'pj-Table';
  for (const { path, became, note, problem } of converted) {
    const row = table.insertRow();
    row.insertCell().textContent = path;
    row.insertCell().textContent = problem
      ? trans.__('Left as it is: %1', problem)
      : [became, note].filter(Boolean).join('. ');
  }
  body.node.append(table);
  await showDialog({
    title: trans.__('Converted notebooks'),
    body,
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}
