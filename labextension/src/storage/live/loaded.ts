// Which large outputs were in a notebook when it was opened: those are shown on demand, new ones at once.

import type { CodeCellModel } from '@jupyterlab/cells';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { PartialJSONObject } from '@lumino/coreutils';

import { BLOB_MIME, slotsOf } from './fill';

/** The blobs that a notebook was opened with. */
export class Loaded {
  constructor(private readonly _context: DocumentRegistry.IContext<INotebookModel>) {
    void _context.ready.then(() => {
      this._names = new Set(blobsOf(_context.model));
    });
  }

  /** Whether a blob was there from the beginning; while the notebook is being opened, all are. */
  has(sha256: string): boolean {
    return !this._context.isReady || this._names.has(sha256);
  }

  private _names = new Set<string>();
}

function* blobsOf(model: INotebookModel): Iterable<string> {
  for (const cell of model.cells) {
    const outputs = cell.type === 'code' ? (cell as CodeCellModel).outputs : undefined;
    for (let at = 0; at < (outputs?.length ?? 0); at += 1) {
      const data = outputs?.get(at).data as PartialJSONObject;
      for (const ref of slotsOf(data[BLOB_MIME]).values()) {
        yield ref.sha256;
      }
    }
  }
}
