// The sides of a comparison as a person chooses them, their names, and how a page's ref holds them.

import type { TranslationBundle } from '@jupyterlab/translation';

import { moment } from '../ui/format';
import type { NotebookVersion, Side } from './tokens';

/** What a person chose: a commit, the file on disk, another file, or the open document. */
export type Choice = { kind: Side['kind']; value: string };

/** The file on disk. */
export const DISK: Choice = { kind: 'disk', value: '' };

/** The document as it is open here, with what is not saved. */
export const OPEN: Choice = { kind: 'open', value: '' };

/** A choice in a few letters, for lists and addresses: `commit:a3f91c`, `disk`. */
export function codeOf({ kind, value }: Choice): string {
  return value ? `${kind}:${value}` : kind;
}

/** The choice in such a code. */
export function parseChoice(code: string): Choice | undefined {
  const [, kind, value] = /^(commit|disk|file|open)(?::(.*))?$/s.exec(code) ?? [];
  return kind ? { kind: kind as Choice['kind'], value: value ?? '' } : undefined;
}

/** Whether two choices are the same side. */
export function isSame(one: Choice, other: Choice): boolean {
  return codeOf(one) === codeOf(other);
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.split('/').at(-1) || path;
}

/** A choice in two or three words, for a picker. */
export function shortName(
  choice: Choice,
  versions: readonly NotebookVersion[],
  trans: TranslationBundle
): string {
  if (choice.kind === 'disk') {
    return trans.__('Working copy');
  }
  if (choice.kind === 'open') {
    return trans.__('Open document');
  }
  if (choice.kind === 'file') {
    return nameOf(choice.value);
  }
  const at = versions.findIndex(version => version.rev === choice.value);
  const short = versions[at]?.short ?? choice.value.slice(0, 7);
  return at === 0 ? trans.__('%1, last commit', short) : short;
}

/** A choice with who and when, for the head of its column; `told` is the server's name for it. */
export function longName(
  choice: Choice,
  versions: readonly NotebookVersion[],
  told: string,
  trans: TranslationBundle
): string {
  const version = versions.find(one => choice.kind === 'commit' && one.rev === choice.value);
  if (version) {
    return [shortName(choice, versions, trans), version.author, moment(version.when)].join(', ');
  }
  return choice.kind === 'commit' && told ? told : shortName(choice, versions, trans);
}

/** The ref of a page of changes; without sides it shows what changed since the last commit. */
export function changesRef(path: string, before?: Choice, after?: Choice): string {
  const parts = new URLSearchParams();
  if (before) {
    parts.set('before', codeOf(before));
  }
  if (after) {
    parts.set('after', codeOf(after));
  }
  const sides = parts.toString();
  return `changes:${path.replace(/[%?]/g, encodeURIComponent)}${sides ? `?${sides}` : ''}`;
}

/** What a ref of a page of changes says. */
export function parseChanges(ref: string): { path: string; before?: Choice; after?: Choice } {
  const [address, sides] = ref.slice(ref.indexOf(':') + 1).split('?');
  const parts = new URLSearchParams(sides ?? '');
  return {
    path: decodeURIComponent(address),
    before: parseChoice(parts.get('before') ?? ''),
    after: parseChoice(parts.get('after') ?? '')
  };
}
