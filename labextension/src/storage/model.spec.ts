import { expect, test } from 'vitest';

import { emptyDiff, MemoryCalls, OneDocument } from './doubles';
import { ChangesModel } from './model';
import type { NotebookDiff } from './tokens';

const version = (
  rev: string
): { rev: string; short: string; author: string; when: string; message: string } => ({
  rev,
  short: rev,
  author: 'Ada',
  when: '2020-01-02T03:04:00Z',
  message: 'Change'
});

/** A model over doubles, woken as a page does it. */
async function awake(
  calls: MemoryCalls,
  documents: OneDocument,
  more: object = {}
): Promise<ChangesModel> {
  const model = new ChangesModel({ path: 'churn.py', calls, documents, ...more });
  model.feed.wake();
  await model.feed.refresh();
  return model;
}

test('at first the last commit is compared with the working copy', async () => {
  const calls = new MemoryCalls();
  calls.history = [version('new'), version('old')];
  const model = await awake(calls, new OneDocument());
  expect(calls.asked.at(-1)).toBe('diff commit:new disk:');
  expect(model.canRestore).toBe(true);
  model.dispose();
});

test('what is not saved is seen: the open document is compared', async () => {
  const [calls, documents] = [new MemoryCalls(), new OneDocument()];
  calls.history = [version('new')];
  documents.open = documents.dirty = true;
  const model = await awake(calls, documents);
  expect(calls.asked.at(-1)).toBe('diff commit:new open:');
  expect(model.places.map(place => place.kind)).toEqual(['disk', 'open']);
  model.dispose();
});

test('without a commit nothing is asked, and nothing is invented', async () => {
  const calls = new MemoryCalls();
  const model = await awake(calls, new OneDocument());
  expect(calls.asked).toEqual([]);
  expect(model.feed.value?.changed).toBe(0);
  expect(model.canRestore).toBe(false);
  model.dispose();
});

test('another side is compared when it is chosen, and an old answer never wins', async () => {
  const calls = new MemoryCalls();
  calls.history = [version('new'), version('old')];
  const model = await awake(calls, new OneDocument());
  let release: (diff: NotebookDiff) => void = () => undefined;
  calls.answer = request =>
    request.before.value === 'slow'
      ? new Promise(resolve => {
          release = () => resolve(emptyDiff(request));
        })
      : Promise.resolve(emptyDiff(request));
  const slow = model.choose('before', { kind: 'commit', value: 'slow' });
  while (calls.asked.at(-1) !== 'diff commit:slow disk:') {
    await Promise.resolve();
    await new Promise(resolve => setTimeout(resolve, 0));
  }
  const fast = model.choose('before', { kind: 'commit', value: 'old' });
  release(emptyDiff({ path: '', before: { kind: 'disk' }, after: { kind: 'disk' } }));
  await Promise.all([slow, fast]);
  expect(model.feed.value?.beforeName).toBe('old');
  model.dispose();
});

test('restoring saves what is open, asks the server, reads again and compares again', async () => {
  const [calls, documents] = [new MemoryCalls(), new OneDocument()];
  calls.history = [version('new')];
  documents.open = true;
  const model = await awake(calls, documents);
  await model.restore('c1');
  expect(documents.done).toEqual(['save', 'reload']);
  expect(calls.asked.slice(-2)).toEqual(['restore churn.py new c1', 'diff commit:new disk:']);
  model.dispose();
});

test('only work in progress can be brought back', async () => {
  const calls = new MemoryCalls();
  calls.history = [version('new'), version('old')];
  const model = await awake(calls, new OneDocument());
  await model.choose('after', { kind: 'commit', value: 'old' });
  expect(model.canRestore).toBe(false);
  model.dispose();
});
