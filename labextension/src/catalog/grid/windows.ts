// The rows of a dataset in pages that are fetched when somebody looks at them; order and filter are the server's work.

import { type ISignal, Signal } from '@lumino/signaling';

import { asCallError, type CallError } from '../../api/errors';
import type { Preview } from '../wire';
import type { Filter } from './filters';

/** Order by a column. */
export type Sort = { column: string; descending: boolean };

/** Which rows to look at. */
export type Window = { rows: number; offset: number; sort: Sort[]; where: Filter[] };

/** Asks the server for a window. */
export type Look = (window: Window) => Promise<Preview>;

/** What changed: everything, some rows, how many rows there are, or only the state around them. */
export type Change =
  | { what: 'reset' }
  | { what: 'rows'; from: number; to: number }
  | { what: 'length'; before: number; after: number }
  | { what: 'state' };

/** So many pages are kept; the ones not looked at longest go first. */
const KEPT = 60;

/** So many pages still wait at most: who scrolls past does not want what flew by. */
const WAITING = 3;

/** Rows in pages. */
export class Windows {
  constructor(
    private readonly _look: Look,
    private readonly _size = 200
  ) {}

  /** Fires when rows came, when there are more or fewer, and when something failed. */
  get changed(): ISignal<this, Change> {
    return this._changed;
  }

  /** The columns; undefined until the first rows came. */
  get columns(): readonly Preview['columns'][number][] | undefined {
    return this._columns;
  }

  /** How many rows can be scrolled through, as far as is known. */
  get length(): number {
    return this._length;
  }

  /** Whether `length` is all there is. */
  get whole(): boolean {
    return this._whole;
  }

  get loading(): boolean {
    return this._busy;
  }

  get error(): CallError | undefined {
    return this._error;
  }

  /** The newest answer without its rows: what it rests on, and what is to be said about it. */
  get told(): Omit<Preview, 'rows'> | undefined {
    return this._told;
  }

  get sort(): readonly Sort[] {
    return this._sort;
  }

  get where(): Filter[] {
    return [...this._where.values()];
  }

  /** Fetch the first rows, unless that happened already. */
  start(): void {
    if (!this._started) {
      this._started = true;
      this._reset();
    }
  }

  /** Fetch everything anew. */
  again(): void {
    this._started = true;
    this._reset();
  }

  /** The values of a row; undefined while they are fetched. */
  row(index: number): readonly unknown[] | undefined {
    const number = Math.floor(index / this._size);
    const page = this._pages.get(number);
    if (page) {
      this._pages.delete(number);
      this._pages.set(number, page);
      return page[index - number * this._size];
    }
    this._want(number);
    return undefined;
  }

  /** Order by a column: up, down, not at all; with `more` beside the other columns. */
  sortBy(column: string, more = false): void {
    const present = this._sort.find(sort => sort.column === column);
    const others = more ? this._sort.filter(sort => sort.column !== column) : [];
    if (!present) {
      this._sort = [...others, { column, descending: false }];
    } else if (!present.descending) {
      this._sort = [...others, { column, descending: true }];
    } else {
      this._sort = others;
    }
    this._reset();
  }

  /** Keep rows of a column that pass; undefined keeps all. */
  filter(column: string, filter: Filter | undefined): void {
    if (JSON.stringify(this._where.get(column)) === JSON.stringify(filter)) {
      return;
    }
    if (filter) {
      this._where.set(column, filter);
    } else {
      this._where.delete(column);
    }
    this._reset();
  }

  /** Show all rows in their own order. */
  clear(): void {
    this._sort = [];
    this._where.clear();
    this._reset();
  }

  private _reset(): void {
    this._turn += 1;
    this._pages.clear();
    this._failed.clear();
    this._waiting = [0];
    this._error = undefined;
    this._fresh = true;
    void this._pump();
  }

  private _want(page: number): void {
    if (this._failed.has(page) || this._fetching === page || this._fresh) {
      return;
    }
    this._waiting = [...this._waiting.filter(one => one !== page), page].slice(-WAITING);
    if (!this._timer) {
      this._timer = setTimeout(() => {
        this._timer = undefined;
        void this._pump();
      }, 20);
    }
  }

  /** Fetch what waits, the newest wish first, one at a time. */
  private async _pump(): Promise<void> {
    if (this._busy) {
      return;
    }
    this._busy = true;
    this._changed.emit({ what: 'state' });
    for (let page = this._waiting.pop(); page !== undefined; page = this._waiting.pop()) {
      await this._fetch(page);
    }
    this._busy = false;
    this._changed.emit({ what: 'state' });
  }

  private async _fetch(page: number): Promise<void> {
    const turn = this._turn;
    this._fetching = page;
    try {
      const answer = await this._look({
        rows: this._size,
        offset: page * this._size,
        sort: [...this._sort],
        where: this.where
      });
      if (turn === this._turn) {
        this._take(page, answer);
      }
    } catch (reason) {
      if (turn === this._turn) {
        this._failed.add(page);
        this._error = asCallError(reason);
        this._empty();
      }
    }
    this._fetching = undefined;
  }

  private _empty(): void {
    if (this._fresh && this._columns) {
      this._fresh = false;
      [this._length, this._whole] = [0, true];
      this._changed.emit({ what: 'reset' });
    }
  }

  private _take(page: number, answer: Preview): void {
    const { rows, ...told } = answer;
    this._told = told;
    this._columns = answer.columns;
    this._pages.set(page, rows);
    const oldest = this._pages.keys().next().value;
    if (this._pages.size > KEPT && oldest !== undefined) {
      this._pages.delete(oldest);
    }
    const [before, from] = [this._length, page * this._size];
    this._measure(from + rows.length, answer);
    if (this._fresh) {
      this._fresh = false;
      this._changed.emit({ what: 'reset' });
      return;
    }
    if (before !== this._length) {
      this._changed.emit({ what: 'length', before, after: this._length });
    }
    this._changed.emit({ what: 'rows', from, to: from + rows.length });
  }

  /** Where the number is not known, there is one page more than was seen, until a page was not full. */
  private _measure(end: number, answer: Preview): void {
    const full = answer.rows.length >= this._size && answer.truncated;
    const floor = this._fresh ? 0 : this._length;
    if (answer.totalRows !== null) {
      [this._length, this._whole] = [answer.totalRows, true];
    } else if (full) {
      [this._length, this._whole] = [Math.max(floor, end + this._size), false];
    } else {
      [this._length, this._whole] = [end, true];
    }
  }

  private readonly _changed = new Signal<this, Change>(this);
  private readonly _pages = new Map<number, readonly unknown[][]>();
  private readonly _failed = new Set<number>();
  private readonly _where = new Map<string, Filter>();
  private _columns: readonly Preview['columns'][number][] | undefined;
  private _told: Omit<Preview, 'rows'> | undefined;
  private _sort: Sort[] = [];
  private _waiting: number[] = [];
  private _fetching: number | undefined;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _error: CallError | undefined;
  private _length = 0;
  private _whole = false;
  private _busy = false;
  private _started = false;
  private _fresh = true;
  private _turn = 0;
}
