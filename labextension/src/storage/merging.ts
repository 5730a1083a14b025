// The state of a page of a merge: the cells, what the person chose for each conflict, and finishing it.

import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import { Feed } from '../api/feed';
import type { IOpenDocuments } from './documents';
import type { ICalls, MergeCell, MergeView, Pick } from './tokens';

/** What may be chosen for a conflict. */
export type Chosen = Pick['pick'];

/** A merge that waits for a person. */
export class MergeModel implements IDisposable {
  constructor(
    readonly path: string,
    private readonly _calls: ICalls,
    private readonly _documents: IOpenDocuments
  ) {
    this.feed = new Feed<MergeView>({
      name: 'perijove:merge',
      fetch: () => this._fetch()
    });
    this.feed.changed.connect(() => this._changed.emit(), this);
  }

  /** The merge as the server sees it. */
  readonly feed: Feed<MergeView>;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this.feed.isDisposed;
  }

  /** The cells that both sides changed. */
  get conflicts(): readonly MergeCell[] {
    return (this.feed.value?.cells ?? []).filter(cell => cell.conflict);
  }

  /** How many conflicts have no choice yet. */
  get open(): number {
    return this.conflicts.filter(cell => !this._picks.has(cell.id)).length;
  }

  /** Whether anything was chosen that stopping would lose. */
  get touched(): boolean {
    return this._picks.size > 0;
  }

  /** Whether the merge may be finished now. */
  get ready(): boolean {
    return this.conflicts.length > 0 && this.open === 0 && !this._finishing;
  }

  /** What was chosen for a cell. */
  pickOf(id: string): Pick | undefined {
    return this._picks.get(id);
  }

  /** Choose for a cell; `source` counts for an edited one. */
  pick(id: string, pick: Chosen, source = ''): void {
    this._picks.set(id, { id, pick, source });
    this._changed.emit();
  }

  /** The sources that the merged notebook gets in place of a conflict, one a cell. */
  resultOf(cell: MergeCell): string[] | undefined {
    const picked = this._picks.get(cell.id);
    const { ours = null, theirs = null } = cell.conflict ?? {};
    const sources: Record<Chosen, (string | null)[]> = {
      ours: [ours],
      theirs: [theirs],
      both: [ours, theirs],
      edited: [picked?.source ?? '']
    };
    return picked && sources[picked.pick].filter(source => source !== null);
  }

  /** Write the merged notebook. */
  async finish(): Promise<void> {
    this._finishing = true;
    this._changed.emit();
    try {
      await this._documents.save(this.path);
      await this._calls.resolve(this.path, [...this._picks.values()]);
      await this._documents.reload(this.path);
    } finally {
      this._finishing = false;
      this._changed.emit();
    }
  }

  dispose(): void {
    this.feed.dispose();
    Signal.clearData(this);
  }

  private async _fetch(): Promise<MergeView> {
    const view = await this._calls.merge(this.path);
    const alive = new Set(view.cells.filter(cell => cell.conflict).map(cell => cell.id));
    for (const id of this._picks.keys()) {
      if (!alive.has(id)) {
        this._picks.delete(id);
      }
    }
    return view;
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _picks = new Map<string, Pick>();
  private _finishing = false;
}
