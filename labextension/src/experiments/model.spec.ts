import { expect, test } from 'vitest';

import { mainMetric, signOf } from './model';

test('the wanted metric speaks for a run, else one of held-out data', () => {
  expect(mainMetric({ auc: 0.9, loss: 0.1 }, 'loss')).toBe('loss');
  expect(mainMetric({ 'train-auc': 0.9, 'valid-auc': 0.8 }, '')).toBe('valid-auc');
  expect(mainMetric({ loss: 0.1, auc: 0.9 }, 'gone')).toBe('auc');
  expect(mainMetric({}, '')).toBeUndefined();
});

test('a failed run is a sign of its own', () => {
  expect(signOf('failed')).toBe('bad');
  expect(signOf('running')).toBe('busy');
});
