// The plugins of living in a document: text notebooks, outputs from blobs, conflicts, stale outputs.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { PageConfig } from '@jupyterlab/coreutils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator } from '@jupyterlab/translation';
import { DisposableDelegate, DisposableSet, type IDisposable } from '@lumino/disposable';

import { IClient } from '../../api/client';
import { Calls } from '../calls';
import { Colours } from '../highlight';
import { Blobs, drawBlobs } from './blobs';
import { addNewText, CARD, NEW_TEXT } from './commands';
import { Conflicts } from './conflicts';
import { Loaded } from './loaded';
import { showStale, Stale } from './stale';
import { openAsNotebooks, TextNotebooks } from './textnotebooks';

type Dress = (
  panel: NotebookPanel,
  context: DocumentRegistry.IContext<INotebookModel>
) => IDisposable;

/** Do something with each notebook that is opened. */
function eachNotebook(app: JupyterFrontEnd, dress: Dress): void {
  app.docRegistry.addWidgetExtension('Notebook', { createNew: dress });
}

const textNotebooks: JupyterFrontEndPlugin<void> = {
  id: 'perijove:text-notebooks',
  description: 'Opens programs that are notebooks as notebooks, and makes new ones.',
  autoStart: true,
  requires: [ITranslator],
  optional: [IDefaultFileBrowser, ILauncher, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator,
    browser: IDefaultFileBrowser | null,
    launcher: ILauncher | null,
    palette: ICommandPalette | null
  ): void => {
    // Another contents manager may call every program a notebook; the server says so then.
    if (PageConfig.getOption('perijoveTextNotebooks') === 'false') {
      return;
    }
    const trans = translator.load('perijove');
    const known = new TextNotebooks();
    known.watch(app.serviceManager.contents);
    openAsNotebooks(app.docRegistry, known);
    addNewText(app, () => browser?.model.path ?? '', trans);
    launcher?.add({
      command: NEW_TEXT,
      category: trans.__('Notebook'),
      args: { isLauncher: true },
      kernelIconUrl: CARD,
      rank: 50
    });
    palette?.addItem({ command: NEW_TEXT, category: trans.__('Notebook Operations') });
  }
};

const outputs: JupyterFrontEndPlugin<void> = {
  id: 'perijove:storage-outputs',
  description: 'Shows outputs that are kept outside the live document.',
  autoStart: true,
  requires: [IClient, IRenderMimeRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    client: IClient,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator
  ): void => {
    const trans = translator.load('perijove');
    const blobs = new Blobs(new Calls(client));
    drawBlobs(rendermime, blobs, trans);
    eachNotebook(app, (panel, context) => {
      const loaded = new Loaded(context);
      drawBlobs(panel.content.rendermime, blobs, trans, ref => loaded.has(ref.sha256));
      return new DisposableDelegate(() => undefined);
    });
  }
};

const conflicts: JupyterFrontEndPlugin<void> = {
  id: 'perijove:storage-conflicts',
  description: 'Shows both versions of a cell that was changed on both sides, and settles it.',
  autoStart: true,
  requires: [IClient, ITranslator],
  optional: [IEditorLanguageRegistry],
  activate: (
    app: JupyterFrontEnd,
    client: IClient,
    translator: ITranslator,
    languages: IEditorLanguageRegistry | null
  ): void => {
    const trans = translator.load('perijove');
    const colours = languages ? new Colours(languages) : undefined;
    const calls = new Calls(client);
    eachNotebook(app, panel => new Conflicts({ panel, trans, colours, calls }));
  }
};

const stale: JupyterFrontEndPlugin<void> = {
  id: 'perijove:storage-stale',
  description: 'Says which outputs are older than their code.',
  autoStart: true,
  requires: [IClient, ITranslator],
  activate: (app: JupyterFrontEnd, client: IClient, translator: ITranslator): void => {
    const trans = translator.load('perijove');
    const calls = new Calls(client);
    const ask = async (path: string): Promise<string[]> => (await calls.status(path)).stale ?? [];
    eachNotebook(app, (panel, context) => {
      const model = new Stale(context, ask);
      const all = new DisposableSet();
      all.add(model);
      all.add(showStale(panel, model, trans));
      return all;
    });
  }
};

export default [textNotebooks, outputs, conflicts, stale];
