import { expect, test } from 'vitest';

import { type Arrangement, PanelModel } from './model';

const sections = [
  { id: 'jobs', rank: 40 },
  { id: 'catalog', rank: 10 },
  { id: 'clusters', rank: 20 }
];

test('sections stand by rank until they are moved', () => {
  const model = new PanelModel(() => undefined);
  expect(model.arrange(sections)).toEqual(['catalog', 'clusters', 'jobs']);
});

test('a moved section stays where it was put, and is kept', () => {
  const kept: Arrangement[] = [];
  const model = new PanelModel(arrangement => kept.push(arrangement));
  model.move('jobs', -1, ['catalog', 'clusters', 'jobs']);
  expect(model.arrange(sections)).toEqual(['catalog', 'jobs', 'clusters']);
  expect(kept).toEqual([{ order: ['catalog', 'jobs', 'clusters'], folded: [] }]);
});

test('a section cannot leave the panel', () => {
  const model = new PanelModel(() => undefined);
  model.move('catalog', -1, ['catalog', 'clusters']);
  expect(model.arrange(sections)).toEqual(['catalog', 'clusters', 'jobs']);
});

test('a new section finds its place among kept ones', () => {
  const model = new PanelModel(() => undefined);
  model.restore({ order: ['jobs', 'catalog'] });
  expect(model.arrange(sections)).toEqual(['clusters', 'jobs', 'catalog']);
});

test('folding is remembered', () => {
  const kept: Arrangement[] = [];
  const model = new PanelModel(arrangement => kept.push(arrangement));
  model.restore({ folded: ['jobs'] });
  expect(model.folded('jobs')).toBe(true);
  model.fold('jobs', false);
  model.fold('catalog', true);
  expect(kept.at(-1)).toEqual({ order: [], folded: ['catalog'] });
});
