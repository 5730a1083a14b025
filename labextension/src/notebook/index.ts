// The plugin that works on the notebook in front, and opens refs of notebooks and cells.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker } from '@jupyterlab/notebook';

import { IOpener, parseRef } from '../api/opener';
import { parseCell } from './cursor';
import { Notebooks } from './notebooks';
import { INotebooks } from './tokens';

const notebook: JupyterFrontEndPlugin<INotebooks> = {
  id: 'perijove:notebook',
  description: 'Puts code into the notebook in front, and opens notebooks at a cell.',
  autoStart: true,
  requires: [INotebookTracker, IDocumentManager, IOpener],
  provides: INotebooks,
  activate: (
    _: JupyterFrontEnd,
    tracker: INotebookTracker,
    documents: IDocumentManager,
    opener: IOpener
  ): INotebooks => {
    const notebooks = new Notebooks(tracker, documents);
    const open = (ref: string): void => {
      const { path, cell } = parseCell(parseRef(ref).id);
      void notebooks.open(path, cell);
    };
    opener.register('notebook', open);
    opener.register('cell', open);
    return notebooks;
  }
};

export default [notebook];
