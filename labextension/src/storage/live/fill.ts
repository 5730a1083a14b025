// Puts the real output back in the place of its stub: which blob to fetch, and how its bytes become an output.

import type { IOutput } from '@jupyterlab/nbformat';
import type { PartialJSONObject, PartialJSONValue } from '@lumino/coreutils';

/** An output of this type names, slot by slot, the blobs that belong in its place. */
export const BLOB_MIME = 'application/vnd.perijove.blob+json';

/** One blob: `kind` is how its bytes stood in the notebook (b64, b64n, b64l, text, json), `output` what is not in it. */
export type BlobRef = {
  sha256: string;
  kind: string;
  bytes: number;
  mime: string;
  output?: PartialJSONObject;
};

/** What to show of a stub: a value that is there, or a blob that must be fetched. */
export type Choice =
  | { kind: 'here'; mime: string }
  | { kind: 'blob'; slot: string; ref: BlobRef }
  | { kind: 'nothing' };

const DATA = 'data/';

/** The blobs of a stub by slot; what is not well formed is left out. */
export function slotsOf(value: unknown): Map<string, BlobRef> {
  const slots = new Map<string, BlobRef>();
  if (value && typeof value === 'object') {
    for (const [slot, ref] of Object.entries(value as Record<string, Partial<BlobRef>>)) {
      if (ref && typeof ref.sha256 === 'string' && /^[0-9a-f]{64}$/.test(ref.sha256)) {
        slots.set(slot, {
          sha256: ref.sha256,
          kind: ref.kind ?? 'text',
          bytes: ref.bytes ?? 0,
          mime: ref.mime ?? '',
          ...(ref.output ? { output: ref.output } : {})
        });
      }
    }
  }
  return slots;
}

/** Choose what Lab would have shown of the whole output; `prefer` is its order of types. */
export function choose(
  data: PartialJSONObject,
  prefer: (bundle: PartialJSONObject) => string | undefined
): Choice {
  const slots = slotsOf(data[BLOB_MIME]);
  const bundle: PartialJSONObject = {};
  for (const [mime, value] of Object.entries(data)) {
    if (mime !== BLOB_MIME) {
      bundle[mime] = value;
    }
  }
  for (const [slot, ref] of slots) {
    if (!slot.startsWith(DATA)) {
      return { kind: 'blob', slot, ref }; // the stub stands for all of a stream, an error or an output
    }
    bundle[slot.slice(DATA.length)] = '';
  }
  const mime = prefer(bundle);
  const ref = slots.get(DATA + mime);
  if (mime && ref) {
    return { kind: 'blob', slot: DATA + mime, ref };
  }
  return mime ? { kind: 'here', mime } : { kind: 'nothing' };
}

/** The output that a blob stands for, with the metadata of its stub. */
export function outputOf(
  slot: string,
  ref: BlobRef,
  value: PartialJSONValue,
  metadata: PartialJSONObject
): IOutput {
  if (slot === 'output') {
    return value as unknown as IOutput;
  }
  if (slot === 'text' || slot === 'traceback') {
    return { ...ref.output, [slot]: value } as IOutput; // a stream or an error
  }
  return {
    output_type: 'display_data',
    data: { [slot.slice(DATA.length)]: value },
    metadata
  } as IOutput;
}

/** The bytes of a blob as the value they were in the notebook. */
export async function valueOf(ref: BlobRef, blob: Blob): Promise<PartialJSONValue> {
  if (ref.kind.startsWith('b64')) {
    return base64(new Uint8Array(await blob.arrayBuffer()));
  }
  const text = await blob.text();
  return ref.kind === 'json' ? parseLoose(text) : text;
}

/** JSON as Python writes it: NaN and the infinities, which JSON does not know, become null. */
export function parseLoose(text: string): PartialJSONValue {
  const strict = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, part =>
    part.startsWith('"') ? part : 'null'
  );
  return JSON.parse(strict) as PartialJSONValue;
}

function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  const step = 0x8000; // as many arguments as every browser takes
  for (let at = 0; at < bytes.length; at += step) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + step)));
  }
  return btoa(parts.join(''));
}
