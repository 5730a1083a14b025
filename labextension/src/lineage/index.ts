// The plugins of lineage: its view, and the marks in notebooks.

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator } from '@jupyterlab/translation';
import { DisposableSet } from '@lumino/disposable';

import { IClient } from '../api/client';
import { IOpener, parseRef } from '../api/opener';
import { INotebooks } from '../notebook/tokens';
import { textArg, textArgs } from '../ui/args';
import { lineageIcon } from '../ui/icons';
import { Pages } from '../ui/page';
import { changedCells } from './calls';
import { Marks, showMarks } from './marks';

/** The id of the command that shows the lineage of a thing. */
const OPEN = 'lineage:open';

const lineage: JupyterFrontEndPlugin<void> = {
  id: 'perijove:lineage',
  description: 'The graph of where data came from and what was made of it.',
  autoStart: true,
  requires: [IClient, IOpener, INotebooks, ITranslator],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    client: IClient,
    opener: IOpener,
    notebooks: INotebooks,
    translator: ITranslator,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = translator.load('perijove');
    const cell = (): string => {
      const place = notebooks.place();
      return place ? `cell:${place.notebook}#${place.cell}` : '';
    };
    const pages = new Pages({
      app,
      trans,
      restorer,
      namespace: 'lineage',
      command: OPEN,
      icon: lineageIcon,
      load: async ref => (await import('./page')).lineagePage({ ref, client, opener })
    });
    app.commands.addCommand(OPEN, {
      label: args => textArg(args, 'label') || trans.__('Show Lineage'),
      icon: lineageIcon,
      describedBy: textArgs({
        ref: trans.__(
          'The thing, for instance dataset:file:///a.parquet; without it, the active cell.'
        ),
        column: trans.__('A column of it: the page then tells what breaks if that goes.')
      }),
      isEnabled: args => Boolean(textArg(args, 'ref') || cell()),
      execute: args => {
        const ref = textArg(args, 'ref') || cell();
        const column = textArg(args, 'column');
        const title = textArg(args, 'title') || trans.__('Lineage: %1', shortName(ref));
        pages.open(column ? `${ref}\n${column}` : ref, title);
      }
    });
    palette?.addItem({ command: OPEN, category: trans.__('Perijove') });
    app.contextMenu.addItem({ command: OPEN, selector: '.jp-Notebook .jp-CodeCell', rank: 15 });
  }
};

const marks: JupyterFrontEndPlugin<void> = {
  id: 'perijove:lineage-marks',
  description: 'Marks cells whose data has changed since they read it.',
  autoStart: true,
  requires: [IClient, ITranslator],
  activate: (app: JupyterFrontEnd, client: IClient, translator: ITranslator): void => {
    const trans = translator.load('perijove');
    const open = (ref: string): void => void app.commands.execute(OPEN, { ref });
    app.docRegistry.addWidgetExtension('Notebook', {
      createNew: (panel: NotebookPanel) => {
        const all = new DisposableSet();
        const model = new Marks(panel, path => changedCells(client, path));
        all.add(model);
        all.add(showMarks(panel, model, open, trans));
        return all;
      }
    });
  }
};

/** The last part of what a ref names. */
function shortName(ref: string): string {
  const { id } = parseRef(ref);
  return decodeURIComponent(id.split(/[#/]/).filter(Boolean).at(-1) ?? id);
}

export default [lineage, marks];
