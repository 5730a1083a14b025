// The state of the experiments' section: the newest runs, and which metric speaks for a run.

import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import type { IClient } from '../api/client';
import { Feed } from '../api/feed';
import type { ILive } from '../api/live';
import type { Sign } from '../ui/state';
import type { IExperiments, RunPage, RunRow } from './tokens';

/** Runs, newest first. */
export class ExperimentsModel implements IExperiments, IDisposable {
  constructor(client: IClient, live?: ILive) {
    this.feed = new Feed<RunPage>({
      name: 'perijove:experiments',
      fetch: () =>
        client.call('get', '/experiments/runs', {
          query: { filter: this._filter, limit: this.limit }
        }),
      interval: 10_000,
      live,
      events: ['experiments.', 'lineage.']
    });
    this.feed.changed.connect(() => this._changed.emit(), this);
  }

  /** The page of runs, kept fresh. */
  readonly feed: Feed<RunPage>;
  /** How many runs are listed. */
  limit = 20;
  /** The metric that speaks for a run where it has it. */
  metric = '';

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get runs(): readonly RunRow[] | undefined {
    return this.feed.value?.runs;
  }

  get isDisposed(): boolean {
    return this.feed.isDisposed;
  }

  /** What the runs are filtered by: name, experiment or notebook. */
  get filter(): string {
    return this._filter;
  }

  /** List only runs that match. */
  async find(filter: string): Promise<void> {
    this._filter = filter;
    await this.feed.refresh();
  }

  dispose(): void {
    this.feed.dispose();
    Signal.clearData(this);
  }

  private readonly _changed = new Signal<this, void>(this);
  private _filter = '';
}

/** The metric that speaks for a run: the wanted one, else one of held-out data, else the first by name. */
export function mainMetric(
  metrics: Readonly<Record<string, number | null>>,
  wanted: string
): string | undefined {
  const names = Object.keys(metrics).sort();
  if (names.includes(wanted)) {
    return wanted;
  }
  return names.find(name => /^(test|valid|val|eval|holdout)/i.test(name)) ?? names[0];
}

/** The sign of a run. */
export function signOf(state: RunRow['state']): Sign {
  const signs: Record<RunRow['state'], Sign> = {
    running: 'busy',
    finished: 'tick',
    failed: 'bad',
    killed: 'off',
    scheduled: 'off'
  };
  return signs[state];
}
