// A cell in conflict: reading both versions from its metadata, and settling it in the shared document.

import type { ISharedCell, ISharedNotebook } from '@jupyter/ydoc';
import type { PartialJSONObject } from '@lumino/coreutils';

/** The key in a cell's metadata that holds its conflict while it is not settled. */
export const CONFLICT_KEY = 'perijove';

/** Both versions of a cell, and the one before; a missing source means the cell is not there on that side. */
export type CellConflict = {
  ours: string | null;
  theirs: string | null;
  base: string | null;
  oursName: string;
  theirsName: string;
  baseName: string;
};

/** What a person chose. */
export type Kept = 'ours' | 'theirs' | 'both';

/** The conflict of a cell, if it is in one. */
export function conflictOf(cell: { getMetadata(key: string): unknown }): CellConflict | null {
  const held = cell.getMetadata(CONFLICT_KEY) as PartialJSONObject | undefined;
  const conflict = held?.conflict as Partial<CellConflict> | undefined;
  if (!conflict) {
    return null;
  }
  return {
    ours: conflict.ours ?? null,
    theirs: conflict.theirs ?? null,
    base: conflict.base ?? null,
    oursName: conflict.oursName ?? 'yours',
    theirsName: conflict.theirsName ?? 'theirs',
    baseName: conflict.baseName ?? 'before'
  };
}

/** The versions as they are now: the one in the editor may have been worked on since. */
export function versions(
  conflict: CellConflict,
  source: string
): { ours: string | null; theirs: string | null } {
  return conflict.ours === null
    ? { ours: null, theirs: source }
    : { ours: source, theirs: conflict.theirs };
}

/** Settle a conflict, in one step that can be undone; `both` keeps yours and puts theirs in a cell below. */
export function settle(notebook: ISharedNotebook, cell: ISharedCell, pick: Kept): void {
  const conflict = conflictOf(cell);
  const at = notebook.cells.findIndex(item => item.getId() === cell.getId());
  if (!conflict || at < 0) {
    return;
  }
  const { ours, theirs } = versions(conflict, cell.getSource());
  const source = pick === 'theirs' ? theirs : ours;
  notebook.transact(() => {
    if (source === null) {
      notebook.deleteCell(at);
      return;
    }
    if (pick === 'both' && theirs !== null) {
      notebook.insertCell(at + 1, { cell_type: cell.cell_type, source: theirs, metadata: {} });
    }
    replace(cell, source);
    clear(cell);
  });
}

/** Change only what differs, so that cursors stay where they are. */
function replace(cell: ISharedCell, source: string): void {
  const now = cell.getSource();
  const most = Math.min(now.length, source.length);
  let start = 0;
  while (start < most && now[start] === source[start]) {
    start += 1;
  }
  let end = 0;
  while (end < most - start && now[now.length - 1 - end] === source[source.length - 1 - end]) {
    end += 1;
  }
  if (now !== source) {
    cell.updateSource(start, now.length - end, source.slice(start, source.length - end));
  }
}

function clear(cell: ISharedCell): void {
  const held = { ...(cell.getMetadata(CONFLICT_KEY) as PartialJSONObject) };
  delete held.conflict;
  if (Object.keys(held).length) {
    cell.setMetadata(CONFLICT_KEY, held);
  } else {
    cell.deleteMetadata(CONFLICT_KEY);
  }
}
