// The notebook the person works in: put code into it, save it, open it at a cell.

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

/** The active cell of the notebook in front, all chosen ones that hold code, and the kernel they ran in. */
export type Place = { notebook: string; cell: string; chosen: string[]; kernelId: string };

/** The notebook in front. */
export interface INotebooks {
  /** Fires when another notebook or cell comes to the front. */
  readonly changed: ISignal<INotebooks, void>;
  /** The path of the notebook in front, empty where there is none. */
  readonly path: string;
  /** The active cell of the notebook in front. */
  place(): Place | null;
  /** The id of the kernel of an open notebook, empty where it has none. */
  kernelOf(path: string): string;
  /** Put code at the cursor; false where no notebook is open. */
  insert(code: string): boolean;
  /** Save the notebook in front. */
  save(): Promise<void>;
  /** Open a notebook, at a cell if one is named. */
  open(path: string, cell?: string): Promise<void>;
}

/** The token of the notebook in front. */
export const INotebooks = new Token<INotebooks>(
  'perijove:INotebooks',
  'The notebook that the person works in.'
);
