// Perijove's own icons, on JupyterLab's 24 grid.

import { LabIcon } from '@jupyterlab/ui-components';

const make = (name: string, body: string): LabIcon =>
  new LabIcon({
    name: `perijove:${name}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g class="jp-icon3 jp-icon-selectable" fill="#616161">${body}</g></svg>`
  });

/** A planet with its orbit and moon: the extension itself. */
export const perijoveIcon = make(
  'perijove',
  '<circle cx="9" cy="15" r="6.2"/><circle cx="16.3" cy="7.7" r="2.8"/><path d="M4.39 2.66A16.85 16.85 0 0 1 21.34 19.61L19.65 19.4A15.15 15.15 0 0 0 4.6 4.35z"/>'
);

/** A table: a dataset. */
export const datasetIcon = make(
  'dataset',
  '<path d="M3 4h18v4H3zM3 10h5v4H3zm7 0h11v4H10zM3 16h5v4H3zm7 0h11v4H10z"/>'
);

/** A drum: a source. */
export const sourceIcon = make(
  'source',
  '<path d="M12 3C7.6 3 4 4.3 4 6s3.6 3 8 3 8-1.3 8-3-3.6-3-8-3M4 8.5V12c0 1.7 3.6 3 8 3s8-1.3 8-3V8.5C18.3 10 15.2 10.8 12 10.8S5.7 10 4 8.5m0 6V18c0 1.7 3.6 3 8 3s8-1.3 8-3v-3.5c-1.7 1.5-4.8 2.3-8 2.3s-6.3-.8-8-2.3"/>'
);

/** A tree of boxes: a cluster. */
export const clusterIcon = make(
  'cluster',
  '<path d="M9 3h6v6H9zM3 15h6v6H3zm12 0h6v6h-6zM11 9h2v3h6v3h-2v-1H7v1H5v-3h6z"/>'
);

/** A curve on axes: a run. */
export const runIcon = make(
  'run',
  '<path d="M3 3h2v16h16v2H3zm4 11.5 4.3-5 3.5 3L19.6 6l1.6 1.2-6.2 8.2-3.6-3.1-2.9 3.5z"/>'
);

/** A ticked case: a job. */
export const jobIcon = make(
  'job',
  '<path d="M20 6h-4V4H8v2H4v14h16zm-10 0h4v0h-4zm-.8 12-3.2-3.2 1.4-1.4 1.8 1.8 6-6 1.4 1.4z"/>'
);

/** A prompt: a cell. */
export const cellIcon = make(
  'cell',
  '<path fill-rule="evenodd" d="M3 5h18v14H3zm2 2v10h14V7zm2 2.5 1.2-1 3.3 3.5-3.3 3.5-1.2-1L9.4 12zM12.5 14H17v1.5h-4.5z"/>'
);

/** A box: a model. */
export const modelIcon = make(
  'model',
  '<path d="M12 2 3 6.5v11L12 22l9-4.5v-11zm0 2.3 5.7 2.9L12 10 6.3 7.2zM5 9l6 3v7l-6-3zm14 0v7l-6 3v-7z"/>'
);

/** Boxes joined by lines: lineage. */
export const lineageIcon = make(
  'lineage',
  '<path d="M2 9h6v6H2zm14-6h6v6h-6zm0 12h6v6h-6zM8 11h3V5h5v2h-3v10h3v2h-5v-6H8z"/>'
);

/** A lock: something that one may not read. */
export const lockIcon = make(
  'lock',
  '<path d="M17 9h-1V7a4 4 0 0 0-8 0v2H7a2 2 0 0 0-2 2v8c0 1.1.9 2 2 2h10a2 2 0 0 0 2-2v-8a2 2 0 0 0-2-2M9.8 7a2.2 2.2 0 0 1 4.4 0v2H9.8z"/>'
);

/** The icon of a kind of refs. */
export function iconOf(kind: string): LabIcon {
  const icons: Record<string, LabIcon> = {
    dataset: datasetIcon,
    source: sourceIcon,
    cluster: clusterIcon,
    run: runIcon,
    job: jobIcon,
    jobrun: jobIcon,
    cell: cellIcon,
    notebook: cellIcon,
    model: modelIcon
  };
  return icons[kind] ?? lineageIcon;
}
