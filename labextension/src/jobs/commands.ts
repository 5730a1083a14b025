// The jobs' commands: export a cell, open a job, verify it, run it.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon, runIcon as playIcon } from '@jupyterlab/ui-components';

import type { IClient } from '../api/client';
import { parseRef } from '../api/opener';
import { parseCell } from '../notebook/cursor';
import type { INotebooks } from '../notebook/tokens';
import type { ITasks, Task } from '../tasks/tokens';
import { NO_ARGS, textArg, textArgs } from '../ui/args';
import { jobIcon } from '../ui/icons';
import type { Pages } from '../ui/page';
import { attempt } from '../ui/say';
import type { JobsModel } from './model';

/** The ids of the commands. */
export const CommandIDs = {
  exportCell: 'jobs:export-cell',
  openExport: 'jobs:open-export',
  openJob: 'jobs:open-job',
  verify: 'jobs:verify',
  run: 'jobs:run',
  refresh: 'jobs:refresh'
};

/** What the commands work on. */
export type CommandDeps = {
  app: JupyterFrontEnd;
  client: IClient;
  model: JobsModel;
  notebooks: INotebooks;
  tasks: ITasks;
  trans: TranslationBundle;
  jobs: () => Pages;
  exports: () => Pages;
};

/** Add the commands. */
export function addCommands(deps: CommandDeps): void {
  addExportCommands(deps);
  addJobCommands(deps);
}

function addExportCommands({ app, notebooks, exports, trans }: CommandDeps): void {
  app.commands.addCommand(CommandIDs.exportCell, {
    label: args => (args['toolbar'] ? trans.__('Export') : trans.__('Export to job…')),
    caption: trans.__('Make a job from what the active cell needs'),
    icon: args => (args['toolbar'] ? jobIcon : undefined),
    describedBy: textArgs({
      notebook: trans.__('The path of the notebook; without it, the one in front.'),
      cell: trans.__('The id of the cell; without it, the active one.')
    }),
    execute: async args => {
      const active = notebooks.place();
      const notebook = textArg(args, 'notebook') || active?.notebook;
      const cell = textArg(args, 'cell') || active?.cell;
      if (!notebook || !cell) {
        Notification.warning(
          trans.__('No notebook is open. Open one, choose a cell, then export again.'),
          { autoClose: 6000 }
        );
        return;
      }
      await attempt(() => notebooks.save());
      exports().open(
        `cell:${notebook}#${cell}`,
        trans.__('Export: %1', notebook.split('/').at(-1) ?? notebook)
      );
    }
  });
  app.commands.addCommand(CommandIDs.openExport, {
    label: trans.__('Open Export'),
    describedBy: textArgs(
      {
        ref: trans.__('The cell, as cell:<notebook>#<id>.'),
        title: trans.__('The title of its tab.')
      },
      ['ref']
    ),
    isVisible: args => Boolean(textArg(args, 'ref')),
    execute: args => {
      const { path } = parseCell(parseRef(textArg(args, 'ref')).id);
      exports().open(textArg(args, 'ref'), textArg(args, 'title') || trans.__('Export: %1', path));
    }
  });
}

function addJobCommands(deps: CommandDeps): void {
  const { app, client, model, tasks, jobs, trans } = deps;
  const name = textArgs({ name: trans.__('The name of the job.') }, ['name']);
  app.commands.addCommand(CommandIDs.openJob, {
    label: trans.__('Open Job'),
    icon: jobIcon,
    describedBy: textArgs({ ref: trans.__('The job, as job:<name>.') }, ['ref']),
    isVisible: args => Boolean(textArg(args, 'ref')),
    execute: args => jobs().open(textArg(args, 'ref'), parseRef(textArg(args, 'ref')).id)
  });
  app.commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh Jobs'),
    describedBy: NO_ARGS,
    execute: () => model.feed.refresh()
  });
  const follow =
    (start: (name: string) => Promise<Task>) => async (args: Readonly<Record<string, unknown>>) => {
      const task = await attempt(() => start(textArg(args, 'name')));
      if (task) {
        const ended = tasks.follow(task);
        void model.feed.refresh();
        await ended;
        await model.feed.refresh();
      }
    };
  app.commands.addCommand(CommandIDs.verify, {
    label: trans.__('Verify Job'),
    icon: checkIcon,
    describedBy: name,
    isVisible: args => Boolean(textArg(args, 'name')),
    execute: follow(job => client.call('post', '/jobs/{name}/verify', { path: { name: job } }))
  });
  app.commands.addCommand(CommandIDs.run, {
    label: trans.__('Run Job'),
    icon: playIcon,
    describedBy: name,
    isVisible: args => Boolean(textArg(args, 'name')),
    execute: follow(job => client.call('post', '/jobs/{name}/run', { path: { name: job } }))
  });
}
