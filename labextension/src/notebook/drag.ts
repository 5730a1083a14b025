// Drags code out of a list: dropped on a notebook it becomes a cell.

import type { ICodeCell } from '@jupyterlab/nbformat';
import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';

/** What a notebook takes in as cells. */
const CELLS = 'application/vnd.jupyter.cells';

/** So far the mouse moves before a press becomes a drag. */
const FAR = 5;

/**
 * Begin to drag when the mouse moves far enough with its button down. The code is fetched meanwhile: a notebook reads it
 * when the cell is dropped.
 */
export function grabCode(
  event: { clientX: number; clientY: number; button: number },
  name: string,
  fetch: () => Promise<string>
): void {
  if (event.button !== 0) {
    return;
  }
  const move = (moved: MouseEvent): void => {
    const far = Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY) > FAR;
    if (far) {
      end();
      start(moved, name, fetch);
    }
  };
  const end = (): void => {
    window.removeEventListener('mousemove', move, true);
    window.removeEventListener('mouseup', end, true);
  };
  window.addEventListener('mousemove', move, true);
  window.addEventListener('mouseup', end, true);
}

function start(event: MouseEvent, name: string, fetch: () => Promise<string>): void {
  const cell: ICodeCell = {
    cell_type: 'code',
    execution_count: null,
    metadata: {},
    outputs: [],
    source: `# ${name}: its code had not come yet when it was dropped`
  };
  const mimeData = new MimeData();
  mimeData.setData(CELLS, [cell]);
  fetch().then(
    code => {
      cell.source = code;
      mimeData.setData('text/plain', code);
    },
    (reason: Error) => {
      cell.source = `# ${name}: ${reason.message}`;
    }
  );
  const drag = new Drag({
    mimeData,
    dragImage: image(name),
    proposedAction: 'copy',
    supportedActions: 'copy-move',
    source: null
  });
  void drag.start(event.clientX, event.clientY).then(() => drag.dispose());
}

function image(name: string): HTMLElement {
  const node = document.createElement('div');
  node.className = 'pj-Drag';
  node.textContent = name;
  return node;
}
