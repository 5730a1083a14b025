// A quiet line under each cell whose data has changed since the cell read it; it opens the cell's lineage.

import { type Cell, isCodeCellModel } from '@jupyterlab/cells';
import { NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';
import type { PanelLayout } from '@lumino/widgets';
import * as React from 'react';

import { dressCells, keepKeys } from '../notebook/cells';
import { moment } from '../ui/format';
import { Link } from '../ui/parts';
import { SignMark } from '../ui/state';
import type { ChangedCell, ChangedDataset } from './wire';

/** How often the server is asked while the notebook is looked at, in milliseconds. */
const EVERY = 60_000;

/** How long after a run the server is asked: what the cell read is known then. */
const SOON = 1_500;

/** Which cells of one notebook have read data that is another by now. */
export class Marks implements IDisposable {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _ask: (path: string) => Promise<readonly ChangedCell[]>
  ) {
    this._poll = new Poll({
      auto: false,
      name: 'perijove:changed-cells',
      factory: () => this._fetch(),
      frequency: { interval: EVERY, backoff: true, max: 10 * EVERY },
      standby: () => document.hidden || !_panel.isVisible
    });
    void _panel.context.ready.then(() => (this.isDisposed ? undefined : this._poll.start()));
    NotebookActions.executed.connect(this._ran, this);
    _panel.disposed.connect(() => this.dispose(), this);
  }

  /** Fires when the answer changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  /** What of a cell's data has changed. */
  of(id: string): readonly ChangedDataset[] {
    return this._found.get(id) ?? [];
  }

  dispose(): void {
    window.clearTimeout(this._timer);
    this._poll.dispose();
    Signal.clearData(this);
  }

  private _ran(_: unknown, ran: { notebook: unknown; cell: Cell }): void {
    if (ran.notebook !== this._panel.content) {
      return;
    }
    if (this._found.delete(ran.cell.model.id)) {
      this._changed.emit();
    }
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => void this._poll.refresh(), SOON);
  }

  private async _fetch(): Promise<void> {
    const found = await this._ask(this._panel.context.localPath);
    const before = JSON.stringify([...this._found]);
    this._found = new Map(found.map(one => [one.cell, one.datasets]));
    if (!this.isDisposed && JSON.stringify([...this._found]) !== before) {
      this._changed.emit();
    }
  }

  private readonly _poll: Poll;
  private readonly _changed = new Signal<this, void>(this);
  private _found = new Map<string, readonly ChangedDataset[]>();
  private _timer: number | undefined;
}

/** Show the marks of one notebook; `open` shows the lineage of a cell. */
export function showMarks(
  panel: NotebookPanel,
  marks: Marks,
  open: (ref: string) => void,
  trans: TranslationBundle
): IDisposable {
  return dressCells(panel, cell => {
    let mark: ReactWidget | null = null;
    let shown = '';
    const look = async (): Promise<void> => {
      await cell.ready;
      const found = !cell.isDisposed && isCodeCellModel(cell.model) ? marks.of(cell.model.id) : [];
      const key = JSON.stringify(found);
      if (key === shown) {
        return;
      }
      shown = key;
      mark?.dispose();
      mark = null;
      if (found.length > 0) {
        const ref = `cell:${panel.context.localPath}#${cell.model.id}`;
        mark = ReactWidget.create(<Mark datasets={found} open={() => open(ref)} trans={trans} />);
        keepKeys(mark.node);
        const layout = cell.layout as PanelLayout;
        layout.insertWidget(layout.widgets.length - 1, mark); // above the footer
      }
    };
    const again = (): void => void look();
    marks.changed.connect(again);
    again();
    return new DisposableDelegate(() => {
      marks.changed.disconnect(again);
      mark?.dispose();
    });
  });
}

function Mark(props: {
  datasets: readonly ChangedDataset[];
  open: () => void;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { datasets, open, trans } = props;
  const names = datasets.map(one => one.name).join(', ');
  const tip = datasets.map(one => trans.__('%1: read %2', one.name, moment(one.readAt))).join('\n');
  return (
    <div className="pj-Stale pj-Lineage-mark" title={tip}>
      <SignMark sign="changed" />
      {trans.__('The data this cell read has changed since:')}
      <Link label={names} title={trans.__('Show where it came from')} onClick={open} />
    </div>
  );
}
