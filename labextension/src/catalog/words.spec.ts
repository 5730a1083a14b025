import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { basisWords, percent } from './words';

const trans = nullTranslator.load('perijove');

test('shares are rounded so that small ones do not vanish', () => {
  expect([0, 0.00001, 0.0002, 0.031, 0.612, 1].map(percent)).toEqual([
    '0 %',
    '< 0.01 %',
    '0.02 %',
    '3.1 %',
    '61 %',
    '100 %'
  ]);
  expect(percent(null)).toBe('–');
});

test('numbers say what they rest on', () => {
  expect(
    basisWords(
      { method: 'row groups', rowsRead: 4000, rows: 50000, share: 0.08, error: 0.006 },
      trans
    )
  ).toBe('Sampled row groups, 4,000 of 50,000 rows, 8 %, ± 0.6 %');
  expect(basisWords({ method: 'all rows', rowsRead: 500, rows: 500, share: 1 }, trans)).toBe(
    'All 500 rows'
  );
  expect(basisWords({ method: 'footer', rowsRead: 0, rows: 10 }, trans)).toBe(
    'From the file’s own statistics'
  );
});
