// Which section stands where and which are folded, kept from one visit to the next.

import { type ISignal, Signal } from '@lumino/signaling';

/** What is kept between visits. */
export type Arrangement = { order: string[]; folded: string[] };

/** Keeps the arrangement of the panel; `save` stores it. */
export class PanelModel {
  constructor(private readonly _save: (arrangement: Arrangement) => void) {}

  /** Take up what was kept at an earlier visit. */
  restore(saved: Partial<Arrangement> | undefined): void {
    this._order = saved?.order ?? [];
    this._folded = new Set(saved?.folded ?? []);
    this._changed.emit();
  }

  /** Fires when the order changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The present sections in the order to show them: as kept, new ones by their rank. */
  arrange(sections: readonly { id: string; rank: number }[]): string[] {
    const known = this._order.filter(id => sections.some(section => section.id === id));
    const ranks = new Map(sections.map(section => [section.id, section.rank]));
    const result = [...known];
    const fresh = sections
      .filter(section => !known.includes(section.id))
      .sort((a, b) => a.rank - b.rank);
    for (const { id, rank } of fresh) {
      const at = result.findIndex(other => (ranks.get(other) ?? 0) > rank);
      result.splice(at < 0 ? result.length : at, 0, id);
    }
    return result;
  }

  /** Move a section up (-1) or down (1) among those shown. */
  move(id: string, by: -1 | 1, shown: readonly string[]): void {
    const order = [...shown];
    const at = order.indexOf(id);
    const to = at + by;
    if (at < 0 || to < 0 || to >= order.length) {
      return;
    }
    [order[at], order[to]] = [order[to], order[at]];
    this._order = order;
    this._keep();
    this._changed.emit();
  }

  /** Whether a section is folded. */
  folded(id: string): boolean {
    return this._folded.has(id);
  }

  /** Remember that a section was folded or opened. */
  fold(id: string, folded: boolean): void {
    if (folded) {
      this._folded.add(id);
    } else {
      this._folded.delete(id);
    }
    this._keep();
  }

  private _keep(): void {
    this._save({ order: this._order, folded: [...this._folded] });
  }

  private readonly _changed = new Signal<this, void>(this);
  private _order: string[] = [];
  private _folded = new Set<string>();
}
