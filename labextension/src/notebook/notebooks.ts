// Works on the notebook in front, through JupyterLab's own tracker and actions.

import type { IDocumentManager } from '@jupyterlab/docmanager';
import { type INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { type ISignal, Signal } from '@lumino/signaling';

import { takesCode } from './cursor';
import type { INotebooks, Place } from './tokens';

/** The notebook in front, as Lab's tracker has it. */
export class Notebooks implements INotebooks {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _documents: IDocumentManager
  ) {
    _tracker.currentChanged.connect(() => this._changed.emit(), this);
    _tracker.activeCellChanged.connect(() => this._changed.emit(), this);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get path(): string {
    return this._tracker.currentWidget?.context.path ?? '';
  }

  place(): Place | null {
    const panel = this._tracker.currentWidget;
    const cell = panel?.content.activeCell;
    if (!panel || !cell) {
      return null;
    }
    return {
      notebook: panel.context.path,
      cell: cell.model.id,
      chosen: panel.content.selectedCells
        .filter(one => one.model.type === 'code')
        .map(one => one.model.id),
      kernelId: panel.sessionContext.session?.kernel?.id ?? ''
    };
  }

  kernelOf(path: string): string {
    return (
      this._tracker.find(panel => panel.context.path === path)?.sessionContext.session?.kernel
        ?.id ?? ''
    );
  }

  insert(code: string): boolean {
    const panel = this._tracker.currentWidget;
    if (!panel) {
      return false;
    }
    const notebook = panel.content;
    const active = notebook.activeCell;
    const editor = active?.editor;
    if (
      active?.model.type === 'code' &&
      editor &&
      takesCode(active.model.sharedModel.source, editor.getCursorPosition().line)
    ) {
      editor.replaceSelection?.(code);
    } else {
      NotebookActions.insertBelow(notebook);
      notebook.activeCell?.model.sharedModel.setSource(code);
    }
    void NotebookActions.focusActiveCell(notebook);
    return true;
  }

  async save(): Promise<void> {
    await this._tracker.currentWidget?.context.save();
  }

  async open(path: string, cell?: string): Promise<void> {
    const panel = this._documents.openOrReveal(path);
    if (!(panel instanceof NotebookPanel) || !cell) {
      return;
    }
    await panel.context.ready;
    const index = panel.content.widgets.findIndex(widget => widget.model.id === cell);
    if (index >= 0) {
      panel.content.activeCellIndex = index;
      await panel.content.scrollToItem(index, 'center');
    }
  }

  private readonly _changed = new Signal<this, void>(this);
}
