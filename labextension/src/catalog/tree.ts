// The datasets of a source as a tree of its folders or schemas.

import type { DatasetRow } from './tokens';

/** A folder or schema with what is in it, or a dataset. */
export type Branch =
  | { kind: 'folder'; id: string; name: string; inside: Branch[]; count: number }
  | { kind: 'dataset'; row: DatasetRow };

type Folder = Extract<Branch, { kind: 'folder' }>;

/** The tree; folders that hold nothing but another folder stay, so that paths read as they are. */
export function grow(source: { name: string; uri: string }, rows: readonly DatasetRow[]): Branch[] {
  const top: Folder = { kind: 'folder', id: source.name, name: '', inside: [], count: 0 };
  const folders = new Map<string, Folder>([[source.name, top]]);
  for (const row of rows) {
    let place = top;
    place.count += 1;
    for (const name of foldersOf(source.uri, row.ref)) {
      const id = `${place.id}/${name}`;
      const known = folders.get(id);
      const next: Folder = known ?? { kind: 'folder', id, name, inside: [], count: 0 };
      if (!known) {
        folders.set(id, next);
        place.inside.push(next);
      }
      next.count += 1;
      place = next;
    }
    place.inside.push({ kind: 'dataset', row });
  }
  folders.forEach(folder => folder.inside.sort(byName));
  return top.inside;
}

/** The names of the folders, or of the schema, that a dataset lies in. */
export function foldersOf(source: string, ref: string): string[] {
  const uri = ref.slice(ref.indexOf(':') + 1);
  const [place, table] = uri.split('#');
  if (table !== undefined) {
    return table.split('.').slice(0, -1);
  }
  const base = source.replace(/\/$/, '');
  if (!place.startsWith(`${base}/`)) {
    return [];
  }
  const parts = place.slice(base.length + 1).split('/');
  return parts.slice(0, -1).map(part => decoded(part));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % in an address that was not encoded
  }
}

/** Folders first, each by name. */
function byName(one: Branch, other: Branch): number {
  const name = (branch: Branch): string =>
    branch.kind === 'folder' ? `0${branch.name}` : `1${branch.row.name}`;
  return name(one).localeCompare(name(other));
}
