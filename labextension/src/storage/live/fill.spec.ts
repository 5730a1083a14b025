// Putting outputs back in the place of their stubs.
import { describe, expect, it } from 'vitest';

import { BLOB_MIME, choose, outputOf, parseLoose, slotsOf, valueOf } from './fill';

const SHA = 'ab'.repeat(32);
const ref = (mime: string, kind = 'b64', bytes = 9): Record<string, string | number> => ({
  sha256: SHA,
  kind,
  bytes,
  mime
});
const order = (bundle: object): string | undefined =>
  ['text/html', 'image/png', 'text/plain'].find(mime => mime in bundle);

describe('choose', () => {
  it('takes what Lab would have shown of the whole, there or in a blob', () => {
    const stub = { 'text/plain': '<fig>', [BLOB_MIME]: { 'data/image/png': ref('image/png') } };
    expect(choose(stub, order)).toEqual({
      kind: 'blob',
      slot: 'data/image/png',
      ref: ref('image/png')
    });
    const both = { 'text/html': '<b>', [BLOB_MIME]: { 'data/text/plain': ref('text/plain') } };
    expect(choose(both, order)).toEqual({ kind: 'here', mime: 'text/html' });
  });

  it('takes a slot that stands for all, and nothing where Lab knows no type', () => {
    const stream = { 'text/plain': '…', [BLOB_MIME]: { text: ref('x/stderr', 'text') } };
    expect(choose(stream, order)).toMatchObject({ kind: 'blob', slot: 'text' });
    expect(choose({ [BLOB_MIME]: { 'data/x/y': ref('x/y') } }, order)).toEqual({ kind: 'nothing' });
  });

  it('leaves out what is not a blob', () => {
    expect(slotsOf({ text: { sha256: '../../etc' }, data: null }).size).toBe(0);
    expect(slotsOf('text').size).toBe(0);
  });
});

describe('outputOf and valueOf', () => {
  const slot = (name: string, mime: string, kind: string): [string, ReturnType<typeof slotsOf>] => [
    name,
    slotsOf({ [name]: ref(mime, kind) })
  ];

  it('makes base64 of bytes and an image of that', async () => {
    const [name, slots] = slot('data/image/png', 'image/png', 'b64');
    const value = await valueOf(slots.get(name)!, new Blob([new Uint8Array([0, 255, 16, 7])]));
    expect(value).toBe('AP8QBw==');
    expect(outputOf(name, slots.get(name)!, value, { 'image/png': { width: 3 } })).toEqual({
      output_type: 'display_data',
      data: { 'image/png': 'AP8QBw==' },
      metadata: { 'image/png': { width: 3 } }
    });
  });

  it('encodes more bytes than one call takes', async () => {
    const bytes = new Uint8Array(100_000).map((_, at) => at % 251);
    const value = await valueOf(
      { sha256: SHA, kind: 'b64n', bytes: bytes.length, mime: '' },
      new Blob([bytes])
    );
    const back = Uint8Array.from(atob(String(value)), char => char.charCodeAt(0));
    expect(back).toEqual(bytes);
  });

  it('makes streams, errors and whole outputs again', async () => {
    const stream = {
      ...ref('application/vnd.jupyter.stderr', 'text'),
      output: { output_type: 'stream', name: 'stderr' }
    };
    const some = slotsOf({ text: stream }).get('text')!;
    const text = await valueOf(some, new Blob(['oh\nno']));
    expect(outputOf('text', some, text, {})).toEqual({
      output_type: 'stream',
      name: 'stderr',
      text: 'oh\nno'
    });
    const whole = slotsOf({ output: ref('application/json', 'json') }).get('output')!;
    const value = await valueOf(
      whole,
      new Blob(['{"output_type":"display_data","data":{"a/b":[NaN,-Infinity,"NaN \\" Infinity"]}}'])
    );
    expect(outputOf('output', whole, value, {})).toEqual({
      output_type: 'display_data',
      data: { 'a/b': [null, null, 'NaN " Infinity'] }
    });
    const error = { output_type: 'error', ename: 'E', evalue: 'why' };
    const broken = slotsOf({ traceback: { ...ref('', 'json'), output: error } }).get('traceback')!;
    expect(outputOf('traceback', broken, ['a', 'b'], {})).toEqual({
      ...error,
      traceback: ['a', 'b']
    });
  });

  it('says that what is not JSON is not', () => {
    expect(() => parseLoose('{"a": nope}')).toThrow();
  });
});
