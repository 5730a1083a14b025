// The button “Changes” in the notebook's toolbar.

import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import { CommandToolbarButton } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { IDisposable } from '@lumino/disposable';

import { CommandIDs } from './commands';

/** The button of the jobs. */
const EXPORT = 'perijove-export';

/** Adds the button to each notebook, after “Export” where that is. */
export class ChangesButton implements DocumentRegistry.IWidgetExtension<
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
      id: CommandIDs.showChanges,
      args: { toolbar: true },
      label: this._label
    });
    button.addClass('pj-Jobs-exportButton');
    // “Export” may come later; it then steps between.
    const neighbour = Array.from(panel.toolbar.names()).includes(EXPORT) ? EXPORT : 'cellType';
    panel.toolbar.insertAfter(neighbour, 'perijove-changes', button);
    return button;
  }
}
