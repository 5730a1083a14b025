// The command that makes a new text notebook in the folder the person looks at, and opens it.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { notebookIcon } from '@jupyterlab/ui-components';

import { textArg, textArgs } from '../../ui/args';
import { newTextNotebook } from './newtext';

/** The command. */
export const NEW_TEXT = 'storage:new-text-notebook';

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
