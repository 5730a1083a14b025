import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { aboutOf, fieldsOf, optionsOf, placeWord } from './form';
import type { Target } from './tokens';

const schema = {
  $ref: '#/$defs/GitConfig',
  $defs: {
    GitConfig: {
      title: 'GitConfig',
      description: '``branch`` is made\nif it is not there.',
      type: 'object',
      properties: {
        branch: { type: 'string', default: '' },
        retries: { type: 'integer', default: 2 },
        push_all: { type: 'boolean', default: false },
        when: { enum: ['daily', 'weekly'], default: 'daily' }
      }
    }
  }
};
const git: Target = {
  group: 'perijove.job_targets_v1',
  name: 'git',
  label: 'Git branch',
  package: 'perijove',
  form: schema as unknown as Target['form']
};
const broken: Target = { ...git, form: {} as Target['form'], problem: 'It could not be loaded.' };

test('a target’s settings make its form', () => {
  expect(fieldsOf(git)).toEqual([
    { name: 'branch', label: 'Branch', kind: 'text', fallback: '', choices: [] },
    { name: 'retries', label: 'Retries', kind: 'number', fallback: '2', choices: [] },
    { name: 'push_all', label: 'Push all', kind: 'flag', fallback: 'false', choices: [] },
    { name: 'when', label: 'When', kind: 'choice', fallback: 'daily', choices: ['daily', 'weekly'] }
  ]);
  expect(aboutOf(git)).toBe('branch is made if it is not there.');
  expect(fieldsOf(broken)).toEqual([]);
});

test('only what differs is sent', () => {
  const given = { branch: ' jobs ', retries: '2', push_all: 'true', other: 'x', when: '' };
  expect(optionsOf(git, given)).toEqual({ branch: 'jobs', push_all: 'true' });
  expect(optionsOf(undefined, given)).toEqual({});
});

test('the place is said in a few words', () => {
  const trans = nullTranslator.load('perijove');
  expect(placeWord(git, {}, 'road', trans)).toBe('Git branch job/road');
  expect(placeWord(git, { branch: 'main' }, 'road', trans)).toBe('Git branch main');
  expect(placeWord(undefined, {}, 'road', trans)).toBe('Folder');
});
