import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { reach } from '../ui/marks';
import type { ColumnDrift, Monitor, Watched } from './tokens';
import {
  alertWords,
  byDrift,
  change,
  chartSentence,
  distance,
  marksOf,
  metricNames,
  monitorState,
  nearness,
  reasonOf,
  shapeOf
} from './watched';

const trans = nullTranslator.load('perijove');

const column = (name: string, psi: number | null, drifting = false): ColumnDrift => ({
  place: 'features',
  column: name,
  psi,
  ks: null,
  limit: 0.2,
  drifting,
  reason: drifting ? 'its distribution is 0.400 away, over 0.15' : ''
});

const profile = (id: string, more: Partial<Watched> = {}): Watched => ({
  id,
  at: '2026-03-01T08:00:00+00:00',
  source: 'run',
  rows: 1200,
  drifting: false,
  worst_psi: 0.01,
  worst_ks: null,
  columns: [],
  breaches: 0,
  ...more
});

test('what drifts stands first, then what is nearest to its limit', () => {
  const all = [column('a', 0.01), column('b', null), column('c', 0.15), column('d', 0.02, true)];
  expect(byDrift(all).map(one => one.column)).toEqual(['d', 'c', 'a', 'b']);
  expect(all[0].column).toBe('a');
  expect(nearness(column('x', 0.1))).toBe(0.5);
  expect(nearness(column('x', null))).toBe(0);
  expect(reasonOf(column('d', 0.02, true), trans)).toMatch(/^Its distribution/);
  expect(reasonOf(column('a', 0.01), trans)).toBe('As it was');
});

test('each state has a sign and a word', () => {
  expect(monitorState('drifting', trans)).toEqual({ sign: 'warn', word: 'drifting' });
  expect(monitorState('unknown', trans).word).toBe('nothing to compare yet');
});

test('the history becomes marks: shapes tell runs from scorings, tips say when and what', () => {
  const history = [
    profile('1'),
    profile('2', { source: 'batch', worst_psi: null, metrics: { auc: 0.9 } }),
    profile('3', { source: 'serve', worst_psi: 1.5, drifting: true, columns: ['features.x'] })
  ];
  const marks = marksOf(history, 'PSI', one => one.worst_psi, trans);
  expect(marks.map(({ shape, value, bad }) => [shape, value, bad])).toEqual([
    ['round', 0.01, false],
    ['diamond', 1.5, true]
  ]);
  expect(marks[0].tip).toContain('run, 1,200 rows\nPSI 0.010');
  expect(marks[1].tip).toContain('Drifted: features.x');
  expect(shapeOf('batch')).toBe('square');
  expect(metricNames(history)).toEqual(['auc']);
  expect(chartSentence('Worst PSI', marks, 'limit 0.2', trans)).toBe(
    'Worst PSI of 2 profiles, newest 1.500, limit 0.2, 1 drifting'
  );
});

test('a chart reaches over its marks and the line they are compared with', () => {
  expect(reach([0.1, 0.02], 0.2, true).low).toBe(0);
  expect(reach([0.1, 0.02], 0.2, true).high).toBeGreaterThan(0.2);
  const metric = reach([0.9, 0.92], 0.93, false);
  expect(metric.low).toBeLessThan(0.9);
  expect(metric.high).toBeGreaterThan(0.93);
});

test('alerts name the variable, and say what waits', () => {
  const words = (
    state: Monitor['alert']['state'],
    variable: string,
    is_set: boolean,
    waiting = 0
  ): string => {
    const alert = { state, detail: 'It did not take it (status 500).', waiting };
    const { word, detail } = alertWords({ alert, webhook: { variable, is_set } }, trans);
    return `${word}. ${detail}`;
  };
  expect(words('none', 'JOB_ALERT_WEBHOOK', true)).toBe(
    'on, nothing to send. They go to the webhook that JOB_ALERT_WEBHOOK names.'
  );
  expect(words('waiting', 'HOOK', true, 2)).toBe(
    'not delivered, 2 wait. It did not take it (status 500).'
  );
  expect(words('off', 'HOOK', false, 1)).toMatch(/^off, 1 waits\. .*variable HOOK/);
  expect(words('none', '', false)).toMatch(/^off\. .*“webhook” of \[monitor\]/);
});

test('numbers have three places, changes their sign', () => {
  expect(distance(null)).toBe('–');
  expect(distance(0.12345)).toBe('0.123');
  expect(change({ baseline: 0.93, value: 0.9 })).toBe('−0.030');
  expect(change({ baseline: 0.9, value: 0.93 })).toBe('+0.030');
});
