import { expect, test } from 'vitest';

import type { IClient } from '../api/client';
import { ClustersModel, isAlive, openTasks, signOf } from './model';
import type { Cluster } from './tokens';

const cluster = (change: Partial<Cluster>): Cluster => ({
  id: 'c1',
  name: 'local-2',
  profile: 'local',
  state: 'running',
  workers: 2,
  wanted: 2,
  cpu: 10,
  memoryUsed: 1,
  memoryLimit: 2,
  tasks: {},
  address: 'tls://127.0.0.1:1',
  kernelId: '',
  notebook: '',
  problem: '',
  startedAt: '2026-01-01T00:00:00Z',
  details: [],
  ...change
});

/** A client that keeps one cluster and notes what it was asked. */
class OneCluster {
  readonly asked: string[] = [];
  private _wanted = 2;

  call(verb: string, path: string, args: { body?: { workers?: number } }): Promise<unknown> {
    this.asked.push(`${verb} ${path}`);
    this._wanted = args.body?.workers ?? this._wanted;
    const now = cluster({ wanted: this._wanted });
    return Promise.resolve(verb === 'get' ? [now] : now);
  }
}

test('nothing is asked until somebody looks', async () => {
  const client = new OneCluster();
  const model = new ClustersModel(client as unknown as IClient, undefined, 0);
  expect(client.asked).toEqual([]);
  model.feed.wake();
  await model.feed.refresh();
  expect(model.all?.map(one => one.id)).toEqual(['c1']);
  model.dispose();
});

test('a scaled cluster shows what was wanted at once', async () => {
  const client = new OneCluster();
  const model = new ClustersModel(client as unknown as IClient, undefined, 0);
  model.feed.wake();
  await model.feed.refresh();
  await model.scale('c1', 5);
  expect(model.all?.[0].wanted).toBe(5);
  expect(signOf(model.all![0])).toBe('busy');
  model.dispose();
});

test('states have signs, and only living clusters can be changed', () => {
  expect(signOf(cluster({}))).toBe('dot');
  expect(signOf(cluster({ state: 'failed' }))).toBe('bad');
  expect(isAlive(cluster({ state: 'lost' }))).toBe(false);
  expect(openTasks({ processing: 2, waiting: 3, memory: 9 })).toBe(5);
});
