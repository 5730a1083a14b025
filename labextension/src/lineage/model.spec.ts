import { expect, test } from 'vitest';

import { CallError } from '../api/errors';
import type { ILineageCalls } from './calls';
import { LineageModel, merge } from './model';
import type { Edge, Graph, Impact, Node } from './wire';

const node = (ref: string, more: Partial<Node> = {}): Node =>
  ({ ref, kind: ref.split(':')[0], name: ref.split(':')[1], detail: '', ...more }) as Node;
const edge = (from: string, to: string): Edge =>
  ({ from, to, kind: 'read', how: 'observed', at: '2026-01-01T00:00:00Z' }) as Edge;

/** Answers with a small graph and writes down what was asked. */
class Calls implements ILineageCalls {
  readonly asked: unknown[][] = [];
  fails = false;

  async around(...asked: unknown[]): Promise<Graph> {
    this.asked.push(['around', ...asked]);
    if (this.fails) {
      throw new CallError('NotFound', 'Nothing is known of it.', '', 404);
    }
    return {
      nodes: [node('dataset:a'), node('cell:1', { moreDown: true })],
      edges: [edge('dataset:a', 'cell:1')]
    };
  }

  async hops(...asked: unknown[]): Promise<Graph> {
    this.asked.push(['hops', ...asked]);
    return {
      nodes: [node('cell:1'), node('dataset:b', { columns: ['amount'] })],
      edges: [edge('cell:1', 'dataset:b')]
    };
  }

  async impact(ref: string, column: string): Promise<Impact> {
    return {
      ref,
      column,
      basis: 'dataset',
      items: [{ ref: 'dataset:b', effect: 'fails' } as never]
    };
  }

  async changed(): Promise<never[]> {
    return [];
  }
}

test('a hop from a cell asks only for what the data in sight went into', async () => {
  const calls = new Calls();
  const model = new LineageModel(calls, 'dataset:a');
  await model.load();
  await model.expand('cell:1', 'down');
  expect(calls.asked.at(-1)).toEqual(['hops', 'cell:1', 'down', ['dataset:a'], '']);
  expect(model.graph?.nodes.map(one => one.ref)).toEqual(['dataset:a', 'cell:1', 'dataset:b']);
  expect(model.graph?.nodes[1].moreDown).toBe(false);
});

test('hidden kinds are left to the server', async () => {
  const calls = new Calls();
  const model = new LineageModel(calls, 'dataset:a');
  await model.toggle('cells');
  expect(calls.asked.at(-1)).toEqual([
    'around',
    'dataset:a',
    6,
    6,
    ['dataset', 'run', 'model', 'job', 'jobrun']
  ]);
  await model.toggle('cells');
  expect(calls.asked.at(-1)?.[4]).toBeUndefined();
});

test('what is found: names and columns', async () => {
  const model = new LineageModel(new Calls(), 'dataset:a');
  await model.load();
  await model.expand('cell:1', 'down');
  expect(model.find('AMOUNT')).toEqual(['dataset:b']);
  expect(model.find(' ')).toEqual([]);
});

test('what breaks is kept by ref until it is forgotten', async () => {
  const model = new LineageModel(new Calls(), 'dataset:a');
  await model.load();
  await model.ask('dataset:a', 'amount');
  expect(model.effects.get('dataset:b')?.effect).toBe('fails');
  model.forget();
  expect([model.impact, model.column, model.effects.size]).toEqual([undefined, undefined, 0]);
});

test('a failure is told, and the graph from before stays', async () => {
  const calls = new Calls();
  const model = new LineageModel(calls, 'dataset:a');
  await model.load();
  calls.fails = true;
  await model.setReach('up', 1);
  expect(model.error?.message).toBe('Nothing is known of it.');
  expect(model.graph?.nodes).toHaveLength(2);
});

test('merging counts what both have once', () => {
  const one: Graph = { nodes: [node('dataset:a')], edges: [edge('dataset:a', 'cell:1')] };
  const both = merge(one, { nodes: [node('dataset:a')], edges: [edge('dataset:a', 'cell:1')] });
  expect([both.nodes.length, both.edges.length]).toEqual([1, 1]);
});

test('a hop that is cut goes on where it ended', async () => {
  const calls = new Calls();
  const all = calls.hops.bind(calls);
  calls.hops = async (...asked) => ({ ...(await all(...asked)), next: asked[3] ? '' : '50' });
  const model = new LineageModel(calls, 'dataset:a');
  await model.load();
  await model.expand('cell:1', 'down');
  expect(model.graph?.nodes[1].moreDown).toBe(true);
  await model.expand('cell:1', 'down');
  expect(calls.asked.at(-1)?.[4]).toBe('50');
  expect(model.graph?.nodes[1].moreDown).toBe(false);
});
