import { expect, test } from 'vitest';

import { CallError } from '../../api/errors';
import type { Calls } from '../calls';
import type { Level, Profile } from '../wire';
import { DatasetModel } from './model';

/** Answers profiles by level and writes down which were asked for. */
class Told {
  readonly asked: Level[] = [];
  readonly ref = 'dataset:file:///a.parquet';

  constructor(private readonly _profiles: Partial<Record<Level, Profile>>) {}

  async profile(level: Level): Promise<Profile> {
    this.asked.push(level);
    const found = this._profiles[level];
    if (!found) {
      throw new CallError('NotFound', 'There are no figures of all rows yet.', '', 404);
    }
    return found;
  }
}

const profile = (level: Level, method: Profile['basis']['method']): Profile => ({
  level,
  basis: { method },
  columns: [{ name: 'amount', type: 'double', basis: { method } }]
});

const modelOf = (told: Told): DatasetModel => new DatasetModel(told as unknown as Calls);

test('figures of all rows take the place of a sample where there are any', async () => {
  const told = new Told({
    sample: profile('sample', 'row groups'),
    full: profile('full', 'all rows')
  });
  const model = modelOf(told);
  await model.sample();
  await model.sample();
  expect(told.asked).toEqual(['sample', 'full']);
  expect(model.profile?.level).toBe('full');
  expect(model.figures('amount')?.basis.method).toBe('all rows');
});

test('a sample that read all rows is enough', async () => {
  const told = new Told({ sample: profile('sample', 'all rows') });
  await modelOf(told).sample();
  expect(told.asked).toEqual(['sample']);
});

test('without figures of all rows the sample stays, without a complaint', async () => {
  const model = modelOf(new Told({ sample: profile('sample', 'row groups') }));
  await model.sample();
  expect([model.profile?.level, model.problem, model.profiling]).toEqual([
    'sample',
    undefined,
    false
  ]);
});

test('why there are no figures is told', async () => {
  const model = modelOf(new Told({}));
  await model.sample();
  expect(model.problem?.message).toBe('There are no figures of all rows yet.');
});

test('asking what breaks leads to the lineage', () => {
  const model = modelOf(new Told({}));
  model.askImpact('amount');
  expect([model.part, model.asked]).toEqual(['lineage', 'amount']);
});
