import { expect, test } from 'vitest';

import type { IClient } from '../api/client';
import { CallError } from '../api/errors';
import { byKind, SearchModel } from './model';
import type { Found } from './tokens';

const hit = (ref: string): Found => ({ ref, kind: ref.split(':')[0], title: ref, snippet: '' });

/** A client whose answers come when the test says so. */
class Slow {
  readonly answers: ((value: { hits: Found[]; total: number } | CallError) => void)[] = [];

  call(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.answers.push(value => (value instanceof CallError ? reject(value) : resolve(value)));
    });
  }
}

test('a late answer to an older question does not count', async () => {
  const client = new Slow();
  const model = new SearchModel(client as unknown as IClient);
  const first = model.search('wine');
  const second = model.search('tumour');
  client.answers[1]({ hits: [hit('dataset:b')], total: 1 });
  await second;
  client.answers[0]({ hits: [hit('dataset:a')], total: 1 });
  await first;
  expect(model.hits?.map(found => found.ref)).toEqual(['dataset:b']);
});

test('a failed search says why, an empty one clears', async () => {
  const client = new Slow();
  const model = new SearchModel(client as unknown as IClient);
  const search = model.search('wine');
  client.answers[0](new CallError('Busy', 'The index is being made.', 'Wait a little.', 409));
  await search;
  expect(model.error?.message).toBe('The index is being made.');
  await model.search(' ');
  expect(model.error).toBeUndefined();
});

test('hits are counted by kind', () => {
  expect(byKind([hit('dataset:a'), hit('run:r'), hit('dataset:b')])).toEqual([
    ['dataset', 2],
    ['run', 1]
  ]);
});
