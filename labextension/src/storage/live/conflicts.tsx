// Puts a banner into each cell that is in conflict, and a line above the notebook while there are any.

import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { PanelLayout } from '@lumino/widgets';
import * as React from 'react';

import { TransProvider } from '../../ui/context';
import type { IColours } from '../highlight';
import type { ICalls } from '../tokens';
import { Banner, ConflictBar } from './banner';
import { dressCells, keepKeys } from '../../notebook/cells';
import { type CellConflict, conflictOf, type Kept, settle } from './resolve';

/** Draws what the function gives, again whenever it is told to. */
class View extends ReactWidget {
  constructor(
    private readonly _trans: TranslationBundle,
    private readonly _body: () => React.JSX.Element | null
  ) {
    super();
    keepKeys(this.node);
  }

  protected render(): React.JSX.Element {
    return <TransProvider value={this._trans}>{this._body()}</TransProvider>;
  }
}

/** What the banners of a notebook share. */
type Parts = {
  panel: NotebookPanel;
  trans: TranslationBundle;
  colours: IColours | undefined;
  calls: Pick<ICalls, 'merge'>;
};

/** The banner of one cell: there while the cell is in conflict. */
class CellBanner implements IDisposable {
  constructor(
    private readonly _parts: Parts,
    private readonly _cell: Cell,
    private readonly _before: (cell: string) => string | null
  ) {
    this._conflict = conflictOf(_cell.model.sharedModel);
    _cell.model.metadataChanged.connect(this._look, this);
    _cell.model.contentChanged.connect(this.draw, this);
    void this._show();
  }

  /** Fires when the cell gets into a conflict or out of it. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    this._view?.dispose();
    Signal.clearData(this);
  }

  private _look(): void {
    const now = conflictOf(this._cell.model.sharedModel);
    if (JSON.stringify(now) !== JSON.stringify(this._conflict)) {
      this._conflict = now;
      void this._show();
      this._changed.emit();
    }
  }

  private async _show(): Promise<void> {
    await this._cell.ready;
    if (this._disposed) {
      return;
    }
    this._cell.toggleClass('pj-mod-conflict', this._conflict !== null);
    if (!this._conflict) {
      this._view?.dispose();
      this._view = null;
    } else if (!this._view) {
      this._view = new View(this._parts.trans, () => this._body());
      (this._cell.layout as PanelLayout).insertWidget(1, this._view); // below the header
    } else {
      this._view.update();
    }
  }

  /** Draw again: the source changed, or more is known. */
  draw(): void {
    this._view?.update();
  }

  private _body(): React.JSX.Element | null {
    const { id, sharedModel } = this._cell.model;
    const held = this._conflict;
    return (
      held && (
        <Banner
          conflict={{ ...held, base: held.base ?? this._before(id) }}
          source={sharedModel.getSource()}
          colours={this._parts.colours}
          language={this._cell.model.type === 'code' ? this._language() : ''}
          onPick={pick => this._settle(pick)}
          onEdit={() => this._edit()}
        />
      )
    );
  }

  private _language(): string {
    const model = this._parts.panel.content.model;
    return model?.defaultKernelLanguage || model?.defaultKernelName || '';
  }

  private _settle(pick: Kept): void {
    const notebook = this._parts.panel.content.model?.sharedModel;
    if (notebook) {
      settle(notebook, this._cell.model.sharedModel, pick);
    }
  }

  private _edit(): void {
    const { content } = this._parts.panel;
    content.activeCellIndex = content.widgets.indexOf(this._cell);
    content.mode = 'edit'; // brings the cursor into the cell, too
  }

  private readonly _changed = new Signal<this, void>(this);
  private _conflict: CellConflict | null;
  private _view: View | null = null;
  private _disposed = false;
}

/** The banners of one notebook, and the line above it. */
export class Conflicts implements IDisposable {
  constructor(private readonly _parts: Parts) {
    const { panel, trans } = _parts;
    this._bar = new View(trans, () => (
      <ConflictBar count={this._found.length} onNext={() => void this._next()} />
    ));
    this._bar.addClass('pj-ConflictBar');
    this._bar.hide();
    panel.contentHeader.addWidget(this._bar);
    this._cells = dressCells(panel, cell => {
      const banner = new CellBanner(_parts, cell, id => this._before.get(id) ?? null);
      banner.changed.connect(this._count, this);
      this._looked.connect(banner.draw, banner);
      return banner;
    });
    panel.content.modelContentChanged.connect(this._count, this);
    this._count();
  }

  get isDisposed(): boolean {
    return this._cells.isDisposed;
  }

  dispose(): void {
    this._cells.dispose();
    this._bar.dispose();
    Signal.clearData(this);
  }

  private _count(): void {
    const found: number[] = [];
    let asks = '';
    this._parts.panel.content.widgets.forEach((cell, at) => {
      const conflict = conflictOf(cell.model.sharedModel);
      if (conflict) {
        found.push(at);
        asks += conflict.base === null ? ` ${cell.model.id}` : '';
      }
    });
    if (found.join() !== this._found.join()) {
      this._found = found;
      this._bar.setHidden(found.length === 0);
      this._bar.update();
    }
    if (asks !== this._asked) {
      this._asked = asks;
      void this._look();
    }
  }

  /** Git's markers leave out the version before: ask for it, where a merge is under way. */
  private async _look(): Promise<void> {
    const { calls, panel } = this._parts;
    const view = this._asked
      ? await calls.merge(panel.context.localPath).catch(() => undefined)
      : undefined;
    for (const { id, conflict } of view?.cells ?? []) {
      if (typeof conflict?.base === 'string') {
        this._before.set(id, conflict.base);
      }
    }
    if (view && !this.isDisposed) {
      this._looked.emit();
    }
  }

  private async _next(): Promise<void> {
    const { content } = this._parts.panel;
    const next = this._found.find(at => at > content.activeCellIndex) ?? this._found[0];
    content.activeCellIndex = next;
    await content.scrollToItem(next, 'smart');
  }

  private readonly _cells: IDisposable;
  private readonly _bar: View;
  private readonly _looked = new Signal<this, void>(this);
  private readonly _before = new Map<string, string>();
  private _found: number[] = [];
  private _asked = '';
}
