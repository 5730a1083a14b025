// The state of the clusters' section; it asks the server only while it can be seen.

import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import type { IClient } from '../api/client';
import { Feed } from '../api/feed';
import type { ILive } from '../api/live';
import type { Sign } from '../ui/state';
import type { Cluster, IClusters } from './tokens';

/** The clusters of this project. */
export class ClustersModel implements IClusters, IDisposable {
  constructor(
    private readonly _client: IClient,
    live?: ILive,
    interval = 3000
  ) {
    this.feed = new Feed<Cluster[]>({
      name: 'perijove:clusters',
      fetch: () => this._client.call('get', '/clusters', {}),
      interval,
      live,
      events: ['clusters.']
    });
    this.feed.changed.connect(() => this._changed.emit(), this);
  }

  /** All clusters, kept fresh. */
  readonly feed: Feed<Cluster[]>;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get all(): readonly Cluster[] | undefined {
    return this.feed.value;
  }

  get isDisposed(): boolean {
    return this.feed.isDisposed;
  }

  /** Start a cluster without a kernel. */
  async start(profile: string): Promise<void> {
    await this._client.call('post', '/clusters', { body: { profile } });
    await this.feed.refresh();
  }

  async scale(id: string, workers: number): Promise<void> {
    const changed = await this._client.call('post', '/clusters/{id}/scale', {
      path: { id },
      body: { workers }
    });
    this.feed.set((this.feed.value ?? []).map(cluster => (cluster.id === id ? changed : cluster)));
  }

  async stop(id: string): Promise<void> {
    await this._client.call('delete', '/clusters/{id}', { path: { id } });
    await this.feed.refresh();
  }

  dispose(): void {
    this.feed.dispose();
    Signal.clearData(this);
  }

  private readonly _changed = new Signal<this, void>(this);
}

/** The sign of a cluster: running with workers missing is a warning, not health. */
export function signOf(cluster: Cluster): Sign {
  const signs: Record<Cluster['state'], Sign> = {
    starting: 'busy',
    running: cluster.workers < cluster.wanted ? 'busy' : 'dot',
    stopping: 'busy',
    stopped: 'off',
    failed: 'bad',
    lost: 'bad'
  };
  return signs[cluster.state];
}

/** Whether a cluster can be scaled and stopped. */
export function isAlive(cluster: Cluster): boolean {
  return ['starting', 'running'].includes(cluster.state);
}

/** How many tasks wait or run on a cluster. */
export function openTasks(tasks: Readonly<Record<string, number>>): number {
  return ['processing', 'waiting', 'queued', 'no-worker'].reduce(
    (sum, state) => sum + (tasks[state] ?? 0),
    0
  );
}
