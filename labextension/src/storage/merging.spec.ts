import { expect, test } from 'vitest';

import { MemoryCalls, OneDocument } from './doubles';
import { MergeModel } from './merging';
import type { MergeCell } from './tokens';

const conflict = (id: string, ours: string | null, theirs: string | null): MergeCell => ({
  id,
  cellType: 'code',
  state: 'conflict',
  conflict: { ours, theirs, base: 'x' }
});

async function merging(...cells: MergeCell[]): Promise<[MergeModel, MemoryCalls, OneDocument]> {
  const [calls, documents] = [new MemoryCalls(), new OneDocument()];
  calls.view = { ...calls.view, cells, conflicts: cells.length };
  const model = new MergeModel('churn.py', calls, documents);
  model.feed.wake();
  await model.feed.refresh();
  return [model, calls, documents];
}

test('a merge can be finished only when all is chosen', async () => {
  const [model, calls, documents] = await merging(conflict('a', '1', '2'), conflict('b', '3', '4'));
  expect([model.open, model.ready]).toEqual([2, false]);
  model.pick('a', 'ours');
  expect([model.open, model.ready]).toEqual([1, false]);
  model.pick('b', 'edited', '5');
  expect([model.open, model.ready]).toEqual([0, true]);
  await model.finish();
  expect(calls.asked).toEqual(['resolve churn.py a=ours b=edited']);
  expect(documents.done).toEqual(['save', 'reload']);
  model.dispose();
});

test('the result is what was chosen; a removed side gives no cell', async () => {
  const [model] = await merging(conflict('a', '1', '2'), conflict('b', null, '4'));
  const [a, b] = model.conflicts;
  expect(model.resultOf(a)).toBeUndefined();
  model.pick('a', 'both');
  expect(model.resultOf(a)).toEqual(['1', '2']);
  model.pick('a', 'edited', '1 + 2');
  expect(model.resultOf(a)).toEqual(['1 + 2']);
  model.pick('b', 'ours');
  expect(model.resultOf(b)).toEqual([]);
  model.dispose();
});

test('a choice for a cell that is no longer in conflict is forgotten', async () => {
  const [model, calls] = await merging(conflict('a', '1', '2'), conflict('b', '3', '4'));
  model.pick('a', 'ours');
  model.pick('b', 'theirs');
  calls.view = { ...calls.view, cells: [conflict('b', '3', '4')] };
  await model.feed.refresh();
  expect(model.pickOf('a')).toBeUndefined();
  await model.finish();
  expect(calls.asked).toEqual(['resolve churn.py b=theirs']);
  model.dispose();
});

test('without conflicts there is nothing to finish', async () => {
  const [model] = await merging();
  expect([model.open, model.ready, model.touched]).toEqual([0, false, false]);
  model.dispose();
});
