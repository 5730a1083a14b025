// The notebooks that are open here: their content as it stands, saved or not, and a way to read them again.

import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';

import type { Content } from './tokens';

/** The open notebooks, as pages and models see them. */
export interface IOpenDocuments {
  /** Fires when a file was written from here, or a notebook was opened or closed; tells its path. */
  readonly changed: ISignal<IOpenDocuments, string>;
  /** Whether a notebook is open. */
  isOpen(path: string): boolean;
  /** Whether it holds what is not saved. */
  isDirty(path: string): boolean;
  /** Its content as it stands, or null where it is not open. */
  content(path: string): Content | null;
  /** Save what is not saved. */
  save(path: string): Promise<void>;
  /** Read the file again after it was changed on disk. */
  reload(path: string): Promise<void>;
}

/** The open notebooks over Lab's own tracker. */
export class OpenDocuments implements IOpenDocuments {
  constructor(
    private readonly _tracker: INotebookTracker,
    manager: IDocumentManager
  ) {
    manager.services.contents.fileChanged.connect(this._onFile, this);
    _tracker.widgetAdded.connect(this._onPanel, this);
  }

  get changed(): ISignal<this, string> {
    return this._changed;
  }

  isOpen(path: string): boolean {
    return this._find(path) !== undefined;
  }

  isDirty(path: string): boolean {
    return this._find(path)?.context.model.dirty ?? false;
  }

  content(path: string): Content | null {
    const panel = this._find(path);
    return panel ? (panel.context.model.toJSON() as unknown as Content) : null;
  }

  async save(path: string): Promise<void> {
    if (this.isDirty(path)) {
      await this._find(path)?.context.save();
    }
  }

  async reload(path: string): Promise<void> {
    const context = this._find(path)?.context;
    // A shared document hears of the change from the server, which merges it in.
    if (context && !context.model.collaborative) {
      await context.revert();
    }
  }

  private _find(path: string): NotebookPanel | undefined {
    return this._tracker.find(panel => panel.context.localPath === path);
  }

  private _onPanel(_: INotebookTracker, panel: NotebookPanel): void {
    const path = panel.context.localPath;
    this._changed.emit(path);
    panel.disposed.connect(() => this._changed.emit(path), this);
  }

  private _onFile(_: unknown, change: Contents.IChangedArgs): void {
    this._changed.emit(change.newValue?.path ?? '');
  }

  private readonly _changed = new Signal<this, string>(this);
}
