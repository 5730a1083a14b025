// What a new text notebook is called, and what is in it.
import type { Contents } from '@jupyterlab/services';
import { expect, it } from 'vitest';

import { endingOf, newTextNotebook } from './newtext';

it('has the ending of its kernel’s language', () => {
  const endings = ['python', 'R', 'Julia', 'something'].map(language => endingOf({ language }));
  expect(endings).toEqual(['.py', '.R', '.jl', '.txt']);
  expect(endingOf(null)).toBe('.py');
});

it('is made under a free name, with one empty cell for its kernel', async () => {
  const asked: unknown[] = [];
  const contents = {
    newUntitled: async (options: unknown) => {
      asked.push(options);
      return { path: 'work/untitled1.jl' };
    },
    save: async (path: string, options: Partial<Contents.IModel>) => {
      asked.push(path, options.type, options.format, options.content);
    }
  } as unknown as Contents.IManager;
  const spec = {
    name: 'julia-1.11',
    display_name: 'Julia 1.11',
    language: 'julia',
    argv: [],
    resources: {}
  };
  expect(await newTextNotebook(contents, 'work', spec)).toBe('work/untitled1.jl');
  const kernelspec = { name: 'julia-1.11', display_name: 'Julia 1.11', language: 'julia' };
  const id = expect.stringMatching(/^[0-9a-f]{8}$/) as string;
  const cell = { cell_type: 'code', id, execution_count: null, metadata: {}, outputs: [] };
  expect(asked).toEqual([
    { path: 'work', type: 'file', ext: '.jl' },
    'work/untitled1.jl',
    'notebook',
    'json',
    { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells: [{ ...cell, source: '' }] }
  ]);
});
