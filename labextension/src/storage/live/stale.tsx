// A quiet line under each cell whose output is older than its code, as the server knows after each load and save.

import { type Cell, isCodeCellModel } from '@jupyterlab/cells';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { type INotebookModel, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Debouncer } from '@lumino/polling';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { PanelLayout } from '@lumino/widgets';
import * as React from 'react';

import { SignMark } from '../../ui/state';
import { dressCells } from '../../notebook/cells';

const PAUSE = 300; // milliseconds: a load or a save is often told more than once

/** Which cells of one notebook have an output that is older than their code. */
export class Stale implements IDisposable {
  constructor(
    private readonly _context: DocumentRegistry.IContext<INotebookModel>,
    private readonly _ask: (path: string) => Promise<readonly string[]>
  ) {
    this._asking = new Debouncer(() => this._refresh(), PAUSE);
    void _context.ready.then(() => this._again());
    _context.fileChanged.connect(this._again, this);
    NotebookActions.executed.connect(this._ran, this);
  }

  /** Fires when the answer changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** Whether the output of a cell is older than its code. */
  has(id: string): boolean {
    return this._ids.has(id);
  }

  dispose(): void {
    this._disposed = true;
    this._asking.dispose();
    Signal.clearData(this);
  }

  private _again(): void {
    if (!this._disposed) {
      void this._asking.invoke();
    }
  }

  private async _refresh(): Promise<void> {
    // Where the server does not know the notebook, nothing is said of it.
    const ids = await this._ask(this._context.localPath).catch(() => []);
    this._set(ids);
  }

  private _ran(_: unknown, ran: { cell: Cell }): void {
    if (this._ids.has(ran.cell.model.id)) {
      this._set([...this._ids].filter(id => id !== ran.cell.model.id));
    }
  }

  private _set(ids: readonly string[]): void {
    if (!this._disposed && [...this._ids].join() !== ids.join()) {
      this._ids = new Set(ids);
      this._changed.emit();
    }
  }

  private readonly _asking: Debouncer<void>;
  private readonly _changed = new Signal<this, void>(this);
  private _ids = new Set<string>();
  private _disposed = false;
}

/** Show the badges of one notebook. */
export function showStale(
  panel: NotebookPanel,
  stale: Stale,
  trans: TranslationBundle
): IDisposable {
  return dressCells(panel, cell => {
    let badge: ReactWidget | null = null;
    const look = async (): Promise<void> => {
      await cell.ready;
      const wanted = !cell.isDisposed && isCodeCellModel(cell.model) && stale.has(cell.model.id);
      if (wanted && !badge) {
        badge = ReactWidget.create(<Badge label={trans.__('Output is older than the code')} />);
        const layout = cell.layout as PanelLayout;
        layout.insertWidget(layout.widgets.length - 1, badge); // above the footer
      } else if (!wanted) {
        badge?.dispose();
        badge = null;
      }
    };
    const again = (): void => void look();
    stale.changed.connect(again);
    again();
    return new DisposableDelegate(() => {
      stale.changed.disconnect(again);
      badge?.dispose();
    });
  });
}

function Badge(props: { label: string }): React.JSX.Element {
  return (
    <div className="pj-Stale">
      <SignMark sign="changed" />
      {props.label}
    </div>
  );
}
