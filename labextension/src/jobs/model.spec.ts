import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { isJob, jobState, resultState, suggestName } from './model';

const trans = nullTranslator.load('perijove');

test('a job gets a name that Python and people can use', () => {
  expect(suggestName('work/Churn, November.ipynb')).toBe('churn_november');
  expect(suggestName('2026 road.ipynb')).toBe('job_2026_road');
  expect(suggestName('.ipynb')).toBe('job');
});

test('each state has a shape and a word', () => {
  expect(jobState('verified', trans)).toEqual({ sign: 'tick', word: 'verified' });
  expect(jobState('different', trans).sign).toBe('bad');
  expect(resultState('within_tolerance', trans)).toEqual({
    sign: 'near',
    word: 'Within tolerance'
  });
});

test('the result of an export is a job, of others not', () => {
  expect(isJob({ name: 'road', files: [] })).toBe(true);
  expect(isJob(null)).toBe(false);
  expect(isJob({ datasets: 3 })).toBe(false);
});
