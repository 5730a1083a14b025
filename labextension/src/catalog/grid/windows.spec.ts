import { expect, test } from 'vitest';

import { CallError } from '../../api/errors';
import { type Change, type Window, Windows } from './windows';

type Answer = Awaited<ReturnType<ConstructorParameters<typeof Windows>[0]>>;

/** A table of numbers that answers like the server; `total` hides how many rows there are. */
class Table {
  constructor(
    readonly rows: number,
    readonly total = true
  ) {}

  readonly asked: Window[] = [];

  readonly look = async (window: Window): Promise<Answer> => {
    this.asked.push(window);
    await Promise.resolve();
    const last = Math.min(this.rows, window.offset + window.rows);
    const rows = Array.from({ length: Math.max(0, last - window.offset) }, (_, index) => [
      window.sort[0]?.descending ? this.rows - 1 - window.offset - index : window.offset + index
    ]);
    return {
      columns: [{ name: 'n', type: 'int64' }],
      rows,
      totalRows: this.total ? this.rows : null,
      truncated: last < this.rows
    } as Answer;
  };
}

const settle = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 60));

test('the first page tells columns and length; others come when looked at', async () => {
  const table = new Table(1000);
  const windows = new Windows(table.look, 100);
  windows.start();
  await settle();
  expect(windows.length).toBe(1000);
  expect(windows.row(5)).toEqual([5]);
  expect(windows.row(450)).toBeUndefined();
  await settle();
  expect(windows.row(450)).toEqual([450]);
  expect(table.asked.map(window => window.offset)).toEqual([0, 400]);
});

test('who scrolls past many pages waits only for the last ones', async () => {
  const table = new Table(100_000);
  const windows = new Windows(table.look, 100);
  windows.start();
  await settle();
  for (let row = 100; row < 50_000; row += 100) {
    windows.row(row);
  }
  await settle();
  expect(table.asked.length).toBeLessThan(6);
  expect(windows.row(49_900)).toEqual([49_900]);
});

test('without a number of rows the end moves on until a page is not full', async () => {
  const table = new Table(250, false);
  const windows = new Windows(table.look, 100);
  const lengths: Change[] = [];
  windows.changed.connect((_, change) => change.what === 'length' && lengths.push(change));
  windows.start();
  await settle();
  expect([windows.length, windows.whole]).toEqual([200, false]);
  windows.row(150);
  await settle();
  windows.row(250);
  await settle();
  expect([windows.length, windows.whole]).toEqual([250, true]);
  expect(lengths).toHaveLength(2);
});

test('a column is ordered up, down and not at all, and the pages are fetched anew', async () => {
  const table = new Table(300);
  const windows = new Windows(table.look, 100);
  windows.start();
  await settle();
  windows.sortBy('n');
  windows.sortBy('n');
  await settle();
  expect(windows.sort).toEqual([{ column: 'n', descending: true }]);
  expect(windows.row(0)).toEqual([299]);
  windows.sortBy('n');
  expect(windows.sort).toEqual([]);
});

test('an answer to an older order does not count', async () => {
  const answers: ((answer: Answer) => void)[] = [];
  const windows = new Windows(() => new Promise(resolve => answers.push(resolve)), 100);
  const page = (value: number): Answer =>
    ({
      columns: [{ name: 'n', type: 'int64' }],
      rows: [[value]],
      totalRows: 1,
      truncated: false
    }) as Answer;
  windows.start();
  windows.sortBy('n');
  answers[0](page(1));
  await settle();
  answers[1](page(2));
  await settle();
  expect(windows.row(0)).toEqual([2]);
});

test('a failed page is told once and not asked for again by itself', async () => {
  let calls = 0;
  const windows = new Windows(async () => {
    calls += 1;
    throw new CallError('Invalid', 'The file is damaged.', 'Ask its owner.', 400);
  }, 100);
  windows.start();
  await settle();
  windows.row(0);
  await settle();
  expect(windows.error?.message).toBe('The file is damaged.');
  expect(calls).toBe(1);
  windows.again();
  await settle();
  expect(calls).toBe(2);
});
