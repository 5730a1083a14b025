// The button “Export” in the notebook's toolbar.

import { CommandToolbarButton } from '@jupyterlab/ui-components';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import type { CommandRegistry } from '@lumino/commands';
import type { IDisposable } from '@lumino/disposable';

import { CommandIDs } from './commands';

/** Adds the button to each notebook. */
export class ExportButton implements DocumentRegistry.IWidgetExtension<
  NotebookPanel,
  INotebookModel
> {
  constructor(
    private readonly _commands: CommandRegistry,
    private readonly _label: string
  ) {}

  createNew(panel: NotebookPanel): IDisposable {
    const button = new CommandToolbarButton({
      commands: this._commands,
      id: CommandIDs.exportCell,
      args: { toolbar: true },
      label: this._label
    });
    button.addClass('pj-Jobs-exportButton');
    panel.toolbar.insertAfter('cellType', 'perijove-export', button);
    return button;
  }
}
