import { expect, test } from 'vitest';

import { CallError } from '../../api/errors';
import type { Calls } from '../calls';
import type { Level, Profile } from '../wire';
import { DatasetModel } from './model';

/** Answers profiles by level and writes down which were asked for. */
class Told {
  readonly asked: Level[] = [];
  readonly versions: string[] = [];
  readonly ref = 'dataset:file:///a.parquet';

  constructor(private readonly _profiles: Partial<Record<Level, Profile>>) {}

  async profile(level: Level, version = ''): Promise<Profile> {
    this.asked.push(level);
    this.versions.push(version);
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

test('figures are of the version that is looked at, and late ones of another are dropped', async () => {
  const told = new Told({ sample: profile('sample', 'all rows') });
  let arrive: (found: Profile) => void = () => undefined;
  const late = new Promise<Profile>(resolve => (arrive = resolve));
  const present = told.profile.bind(told);
  told.profile = (level, version = '') => (version ? present(level, version) : late);
  const model = modelOf(told);
  const first = model.sample();
  model.pin('7');
  expect(model.profile).toBeUndefined();
  await model.sample(true);
  arrive(profile('footer', 'footer'));
  await first;
  model.pin('7');
  expect([model.version, model.profile?.level, model.profiling]).toEqual(['7', 'sample', false]);
  expect(new Set(told.versions)).toEqual(new Set(['7']));
});

test('asking what breaks leads to the lineage', () => {
  const model = modelOf(new Told({}));
  model.askImpact('amount');
  expect([model.part, model.asked]).toEqual(['lineage', 'amount']);
});
