// Adds something to every cell of a notebook, also to cells that come later, and lets it have its own keys.

import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { DisposableSet, type IDisposable } from '@lumino/disposable';

/** Call `dress` once for each cell; what it gives back ends with the cell. The cell may not be drawn yet. */
export function dressCells(panel: NotebookPanel, dress: (cell: Cell) => IDisposable): IDisposable {
  const dressed = new Set<Cell>();
  const all = new DisposableSet();
  const look = (): void => {
    for (const cell of panel.content.widgets) {
      if (dressed.has(cell) || cell.isDisposed) {
        continue;
      }
      dressed.add(cell);
      const made = dress(cell);
      all.add(made);
      cell.disposed.connect(() => {
        dressed.delete(cell);
        all.remove(made);
        made.dispose();
      });
    }
  };
  // The notebook hears of new cells before this does: their widgets are there by now.
  const listen = (): void => {
    panel.content.model?.cells.changed.connect(look);
    look();
  };
  panel.content.modelChanged.connect(listen);
  listen();
  return all;
}

/** Let buttons within a cell have their keys: neither shortcuts nor the cell's editor take them. */
export function keepKeys(node: HTMLElement): void {
  node.dataset.lmSuppressShortcuts = 'true';
  node.addEventListener('keydown', event => event.stopPropagation());
}
