// The command that makes a new text notebook in the folder the person looks at, and opens it.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { notebookIcon } from '@jupyterlab/ui-components';

import { textArg, textArgs } from '../../ui/args';
import { newTextNotebook } from './newtext';

/** The command. */
export const NEW_TEXT = 'storage:new-text-notebook';

/** The picture on its card, among the logos of kernels: Lab's notebook, with lines of text. */
export const CARD = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 22 22" fill="#ef6c00"><path d="M18.7 3.3v15.4H3.3V3.3zm1.5-1.5H1.8v18.3h18.3z"/><path d="M5.5 6h11v1.5h-11zm0 3.2h7.5v1.5H5.5zm0 3.2h9.5v1.5H5.5zm0 3.2h6v1.5h-6z"/></svg>'
)}`;

/** Add the command; `folder` tells where the person looks. */
export function addNewText(
  app: JupyterFrontEnd,
  folder: () => string,
  trans: TranslationBundle
): void {
  const { contents, kernelspecs } = app.serviceManager;
  app.commands.addCommand(NEW_TEXT, {
    label: args => (args['isLauncher'] ? trans.__('Text notebook') : trans.__('New Text Notebook')),
    caption: trans.__('A notebook kept as a program, with its outputs beside it'),
    icon: args => (args['isPalette'] ? undefined : notebookIcon),
    describedBy: textArgs({
      cwd: trans.__('The folder to make it in.'),
      kernelName: trans.__('The kernel it is for; the default kernel if none is named.')
    }),
    execute: async args => {
      await kernelspecs.ready;
      const specs = kernelspecs.specs;
      const spec = specs?.kernelspecs[textArg(args, 'kernelName') || specs.default];
      const path = await newTextNotebook(contents, textArg(args, 'cwd') || folder(), spec);
      return app.commands.execute('docmanager:open', {
        path,
        factory: 'Notebook',
        ...(spec ? { kernel: { name: spec.name } } : {})
      }) as Promise<unknown>;
    }
  });
}
