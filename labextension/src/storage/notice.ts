// Offers the merge when a notebook is opened that git left in conflict.

import { Notification } from '@jupyterlab/apputils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ILive } from '../api/live';
import { nameOf } from './sides';
import type { ICalls, Status } from './tokens';

/** Watches the open notebooks for conflicts, and tells once a conflict. */
export class ConflictNotices {
  constructor(
    private readonly _calls: ICalls,
    private readonly _tracker: INotebookTracker,
    private readonly _trans: TranslationBundle,
    private readonly _merge: (path: string) => void
  ) {
    _tracker.widgetAdded.connect((_, panel) => void this._watch(panel), this);
  }

  /** Whether to tell at all. */
  enabled = true;

  /** Look again when something happened to notebooks. */
  listen(live: ILive): void {
    live.happened.connect((_, { what }) => {
      if (what.startsWith('storage.')) {
        this._tracker.forEach(panel => void this.look(panel.context.localPath));
      }
    }, this);
  }

  /** Ask how a notebook stands to git, and offer its merge. */
  async look(path: string): Promise<void> {
    if (!this.enabled) {
      return;
    }
    // Without the server part there is nothing to offer, and the panel says so.
    const status = await this._calls.status(path).catch((): Status | undefined => undefined);
    if (status?.git !== 'conflict') {
      this._withdraw(path);
    } else if (!this._told.has(path)) {
      this._told.set(path, this._tell(path, status));
    }
  }

  private async _watch(panel: NotebookPanel): Promise<void> {
    await panel.context.ready;
    panel.context.fileChanged.connect(() => void this.look(panel.context.localPath), this);
    panel.disposed.connect(() => this._withdraw(panel.context.localPath), this);
    await this.look(panel.context.localPath);
  }

  private _tell(path: string, status: Status): string {
    const count = status.conflicts ?? 0;
    const title = this._trans.__('%1 has merge conflicts.', nameOf(path));
    const cells = count
      ? this._trans._n(
          '%1 cell was changed on both sides.',
          '%1 cells were changed on both sides.',
          count,
          count
        )
      : '';
    return Notification.warning([title, cells].filter(Boolean).join(' '), {
      autoClose: false,
      actions: [{ label: this._trans.__('Resolve…'), callback: () => this._merge(path) }]
    });
  }

  private _withdraw(path: string): void {
    const told = this._told.get(path);
    if (told) {
      this._told.delete(path);
      Notification.dismiss(told);
    }
  }

  private readonly _told = new Map<string, string>();
}
