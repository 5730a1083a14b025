import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import type { IClient } from '../api/client';
import type { ITasks, Task } from '../tasks/tokens';
import { ExportModel } from './exporting';
import type { Job, Slice } from './tokens';
import { UpdateModel } from './updating';

type Call = { path: string; body?: Record<string, unknown> };

/** A server that writes down what it is asked for and answers from a table; a failing answer is an Error. */
function server(answers: Record<string, unknown>): { client: IClient; calls: Call[] } {
  const calls: Call[] = [];
  const call = async (_: string, path: string, args: { body?: Record<string, unknown> }) => {
    calls.push({ path, body: args.body });
    const answer = answers[path];
    if (answer instanceof Error) {
      throw answer;
    }
    return answer;
  };
  return { client: { call, file: async () => new Blob() } as unknown as IClient, calls };
}

/** Tasks that end at once, with this. */
const ending = (task: Partial<Task>): ITasks =>
  ({ follow: async () => task as Task }) as unknown as ITasks;

const trans = nullTranslator.load('perijove');
const slice: Slice = {
  cells: [],
  parameters: [],
  inputs: [],
  outputs: [],
  opaque: [],
  warnings: [],
  view: [],
  order: 'log'
};
const wish = { notebook: 'work/road.ipynb', cells: ['a'], variable: '', ref: '' };
const view = {
  index: 0,
  id: 'a',
  kept: true,
  note: '',
  lines: [{ number: 1, text: 'x = 1', kept: true, reason: '' }]
};
const job = { name: 'road', files: ['a'], notebook: 'work/road.ipynb', conflicts: ['a.py'] };

function exporting(answers: Record<string, unknown>, kernel: string, ended: Partial<Task>) {
  const { client, calls } = server(answers);
  const kernelOf = (): string => kernel;
  const written = async (): Promise<void> => undefined;
  const tasks = ending(ended);
  const model = new ExportModel(wish, { client, tasks, trans, kernelOf, written });
  model.feed.wake();
  return { model, calls };
}

test('a preview is asked for with the kernel, the order and the forced lines', async () => {
  const { model, calls } = exporting({ '/jobs/preview': slice }, 'k1', {});
  await model.sort('document');
  await model.toggle(view, view.lines[0]);
  expect(calls.at(-1)).toEqual({
    path: '/jobs/preview',
    body: { ...wish, order: 'document', keep: [], drop: [{ cell: 'a', line: 1 }], kernel_id: 'k1' }
  });
  await model.undo();
  expect(calls.at(-1)?.body).toMatchObject({ drop: [], order: 'document' });
  await model.choose({ ...wish, cells: [], variable: 'auc' });
  expect(calls.at(-1)?.body).toMatchObject({ cells: [], variable: 'auc' });
  model.dispose();
});

test('a choice that cannot be sliced keeps the lines that were seen and can be undone', async () => {
  const answers: Record<string, unknown> = { '/jobs/preview': slice };
  const { model } = exporting(answers, '', {});
  await model.feed.refresh();
  answers['/jobs/preview'] = new Error('Nothing is known of how it ran.');
  await model.sort('log');
  expect(model.feed.error?.message).toBe('Nothing is known of how it ran.');
  expect(model.feed.value).toEqual(slice);
  expect(model.before?.order).toBe('auto');
  model.dispose();
});

test('without a kernel the notebook is run afresh; a target gets only its own settings', async () => {
  const { model, calls } = exporting({ '/jobs/preview': slice }, '', {
    state: 'done',
    result: job
  });
  await model.feed.refresh();
  expect(model.ready).toBe(true);
  model.set({ name: ' road ', out: 'elsewhere', target: 'git', options: { branch: 'x' } });
  await model.start(true);
  expect(calls.at(-1)?.body).toMatchObject({
    name: 'road',
    out: '',
    run: true,
    kernel_id: '',
    target: 'git',
    verify: true
  });
  expect(model.outcome.job?.name).toBe('road');
  model.dispose();
});

test('a refusal forbids writing, and a failed task says why', async () => {
  const finding = { kind: 'opaque', severity: 'refusal' as const, cell: 'a', message: 'exec' };
  const refused = { '/jobs/preview': { ...slice, findings: [finding] } };
  const one = exporting(refused, 'k1', {});
  await one.model.feed.refresh();
  expect(one.model.ready).toBe(false);
  const two = exporting({ '/jobs/preview': slice }, 'k1', {
    state: 'failed',
    error: 'No lock.',
    hint: 'Try again.'
  });
  await two.model.start(false);
  expect(two.model.outcome.error?.message).toBe('No lock. Try again.');
  one.model.dispose();
  two.model.dispose();
});

test('an update in conflict waits for choices, and sends only those that still count', async () => {
  const conflict = { merged: [], conflicts: ['a.py'], kept: [], clashes: [] };
  const { client, calls } = server({ '/jobs/{name}/conflict': conflict });
  const deps = { client, trans, kernelOf: () => '', save: async () => undefined };
  const tasks = ending({ state: 'done', result: { merged: ['a.py'], conflicts: [], kept: ['b'] } });
  const model = new UpdateModel('road', { ...deps, tasks });
  await model.look(job as unknown as Job);
  expect(model.open).toEqual(['a.py']);
  model.take('gone.py', 'mine');
  model.take('a.py', 'notebook');
  expect(model.open).toEqual([]);
  await model.start(job as unknown as Job);
  expect(calls.at(-1)).toEqual({
    path: '/jobs/{name}/update',
    body: { kernel_id: '', run: true, verify: true, take: { 'a.py': 'notebook' } }
  });
  expect(model.done?.kept).toEqual(['b']);
  expect(model.waiting).toBeUndefined();
  model.dispose();
});
