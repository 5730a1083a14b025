import { expect, test } from 'vitest';

import { isNumber, isText, parseFilter } from './filters';

test('comparisons are read with the type of the column', () => {
  expect(parseFilter('a', 'int64', '> 5')).toEqual({ column: 'a', op: '>', value: 5 });
  expect(parseFilter('a', 'int64', '5')).toEqual({ column: 'a', op: '=', value: 5 });
  expect(parseFilter('a', 'string', '5')).toEqual({ column: 'a', op: 'contains', value: '5' });
  expect(parseFilter('a', 'string', '= "web"')).toEqual({ column: 'a', op: '=', value: 'web' });
  expect(parseFilter('a', 'varchar', 'we*')).toEqual({ column: 'a', op: 'starts', value: 'we' });
  expect(parseFilter('a', 'timestamp[us]', '>=2026-01-01')).toEqual({
    column: 'a',
    op: '>=',
    value: '2026-01-01'
  });
  expect(parseFilter('a', 'bool', 'TRUE')).toEqual({ column: 'a', op: '=', value: true });
});

test('empty, not empty and nothing', () => {
  expect(parseFilter('a', 'int64', 'empty')).toEqual({ column: 'a', op: 'null' });
  expect(parseFilter('a', 'int64', 'not null')).toEqual({ column: 'a', op: 'not null' });
  expect(parseFilter('a', 'int64', '  ')).toBeUndefined();
});

test('numbers that a browser cannot hold stay text', () => {
  expect(parseFilter('a', 'int64', '= 9007199254740993')?.value).toBe('9007199254740993');
  expect(parseFilter('a', 'decimal(12,2)', '>= 1.5')?.value).toBe(1.5);
});

test('nested types are neither number nor text', () => {
  expect(isNumber('list<int64>')).toBe(false);
  expect(isText('struct<a: string>')).toBe(false);
  expect(isText('large_string')).toBe(true);
});
