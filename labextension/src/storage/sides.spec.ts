import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { changesRef, codeOf, longName, parseChanges, parseChoice, shortName } from './sides';

const trans = nullTranslator.load('perijove');
const versions = [
  {
    rev: 'a'.repeat(40),
    short: 'aaaaaaa',
    author: 'Ada',
    when: '2020-01-02T03:04:00Z',
    message: 'New'
  },
  {
    rev: 'b'.repeat(40),
    short: 'bbbbbbb',
    author: 'Ben',
    when: '2020-01-01T03:04:00Z',
    message: 'Old'
  }
];

test('a page’s ref holds path and sides, whatever the path', () => {
  for (const path of ['churn.py', 'a b/100 %/what?.py', 'ä/x#y.ipynb']) {
    const before = { kind: 'file' as const, value: 'other & more?.py' };
    const after = { kind: 'disk' as const, value: '' };
    expect(parseChanges(changesRef(path))).toEqual({ path, before: undefined, after: undefined });
    expect(parseChanges(changesRef(path, before, after))).toEqual({ path, before, after });
  }
});

test('a choice comes back from its code, nonsense does not', () => {
  const choice = { kind: 'commit' as const, value: 'a3f91c' };
  expect(parseChoice(codeOf(choice))).toEqual(choice);
  expect(parseChoice('open')).toEqual({ kind: 'open', value: '' });
  expect(parseChoice('other')).toBeUndefined();
  expect(parseChoice('')).toBeUndefined();
});

test('sides have names that people know', () => {
  const commit = (rev: string): { kind: 'commit'; value: string } => ({
    kind: 'commit',
    value: rev
  });
  expect(shortName(commit('a'.repeat(40)), versions, trans)).toBe('aaaaaaa, last commit');
  expect(shortName(commit('b'.repeat(40)), versions, trans)).toBe('bbbbbbb');
  expect(shortName(commit('c'.repeat(40)), versions, trans)).toBe('ccccccc');
  expect(shortName({ kind: 'disk', value: '' }, versions, trans)).toBe('Working copy');
  expect(shortName({ kind: 'file', value: 'a/b.py' }, versions, trans)).toBe('b.py');
  expect(longName(commit('b'.repeat(40)), versions, '', trans)).toMatch(
    /^bbbbbbb, Ben, 2020-01-01/
  );
  expect(longName(commit('c'.repeat(40)), versions, 'main~3', trans)).toBe('main~3');
});
