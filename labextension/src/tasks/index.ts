// The plugin that follows tasks.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator } from '@jupyterlab/translation';

import { IClient } from '../api/client';
import { textArg, textArgs } from '../ui/args';
import { TaskModel } from './model';
import { TaskNotices } from './notify';
import { ITasks } from './tokens';

const tasks: JupyterFrontEndPlugin<ITasks> = {
  id: 'perijove:tasks',
  description: 'Follows long-running work on the server, with a notification for each.',
  autoStart: true,
  requires: [IClient, ITranslator],
  optional: [ICommandPalette],
  provides: ITasks,
  activate: (
    app: JupyterFrontEnd,
    client: IClient,
    translator: ITranslator,
    palette: ICommandPalette | null
  ): ITasks => {
    const trans = translator.load('perijove');
    const model = new TaskModel(client);
    new TaskNotices(model, trans);
    app.commands.addCommand('tasks:cancel', {
      label: trans.__('Cancel Running Tasks'),
      describedBy: textArgs({ id: trans.__('The task; without it, all running tasks.') }),
      isEnabled: () => model.running.length > 0,
      execute: async args => {
        const id = textArg(args, 'id');
        await Promise.all(
          (id ? [id] : model.running.map(task => task.id)).map(one => model.cancel(one))
        );
      }
    });
    palette?.addItem({ command: 'tasks:cancel', category: trans.__('Perijove') });
    // Without the server part nothing runs, and the panel says so when it is opened.
    void app.restored.then(() => model.restore()).catch(() => undefined);
    return model;
  }
};

export default [tasks];
