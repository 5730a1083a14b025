import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import {
  approvalState,
  canApprove,
  isJob,
  jobState,
  jobStates,
  resultState,
  suggestName
} from './model';

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

test('what waits for a person comes before what was proven, and after what is wrong', () => {
  const words = (job: Parameters<typeof jobStates>[0]): string[] =>
    jobStates(job, trans).map(state => state.word);
  expect(words({ state: 'verified', behind: false, conflicts: [] })).toEqual(['verified']);
  expect(words({ state: 'edited', behind: true, conflicts: [] })).toEqual([
    'behind its notebook',
    'edited since'
  ]);
  expect(words({ state: 'edited', behind: true, conflicts: ['a.py'] })).toEqual([
    'conflict',
    'edited since'
  ]);
  expect(words({ state: 'drifting', behind: true, conflicts: [] })[0]).toBe('drifting');
  expect(words({ state: 'drifting', behind: true, conflicts: ['a.py'] })[0]).toBe('conflict');
  expect(jobStates({ state: 'verified', behind: true }, trans, true)[0].word).toBe('behind');
  expect(words({ state: 'different', behind: true, conflicts: [] })).toEqual([
    'different',
    'behind its notebook'
  ]);
});

test('the result of an export is a job, of others not', () => {
  expect(isJob({ name: 'road', files: [] })).toBe(true);
  expect(isJob(null)).toBe(false);
  expect(isJob({ datasets: 3 })).toBe(false);
});

test('what was verified can be approved, until it is; a change voids that', () => {
  const approval = {
    by: 'ada',
    at: '2026-03-01T08:00:00+00:00',
    note: '',
    tree: 'abc',
    holds: true
  };
  const verification = { verdict: 'verified' as const, outputs: [], steps: [], seconds: 1 };
  expect(approvalState({ approval: null }, trans)).toBeUndefined();
  expect(approvalState({ approval }, trans)?.word).toBe('approved');
  expect(approvalState({ approval: { ...approval, holds: false } }, trans)?.sign).toBe('warn');
  expect(canApprove({ approval: null, verification })).toBe(true);
  expect(canApprove({ approval, verification })).toBe(false);
  expect(canApprove({ approval: { ...approval, holds: false }, verification })).toBe(true);
  expect(canApprove({ approval: null, verification, conflicts: ['a.py'] })).toBe(false);
  expect(canApprove({ approval: null, verification: { ...verification, verdict: 'failed' } })).toBe(
    false
  );
  expect(canApprove({ approval: null, verification: null })).toBe(false);
});
