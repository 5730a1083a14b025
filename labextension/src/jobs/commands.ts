// The jobs' commands: export what was chosen; open, verify, run, update and show a job.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, Notification } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon, folderIcon, refreshIcon, runIcon as playIcon } from '@jupyterlab/ui-components';

import type { IClient } from '../api/client';
import { parseRef } from '../api/opener';
import type { INotebooks } from '../notebook/tokens';
import type { ITasks, Task } from '../tasks/tokens';
import { NO_ARGS, textArg, textArgs } from '../ui/args';
import { jobIcon } from '../ui/icons';
import type { Pages } from '../ui/page';
import { attempt } from '../ui/say';
import { parseWish, type Wish, wishRef } from './choice';
import type { JobsModel } from './model';
import { relativeTo } from './paths';
import { isUpdate } from './updating';

/** The ids of the commands. */
export const CommandIDs = {
  exportCell: 'jobs:export-cell',
  exportVariable: 'jobs:export-variable',
  openExport: 'jobs:open-export',
  openJob: 'jobs:open-job',
  verify: 'jobs:verify',
  run: 'jobs:run',
  update: 'jobs:update',
  reveal: 'jobs:reveal',
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
  addTaskCommands(deps);
}

/** The title of an export's tab. */
function titleOf(notebook: string, trans: TranslationBundle): string {
  return trans.__('Export: %1', notebook.split('/').at(-1) ?? notebook);
}

/** Say that there is nothing to export. */
function sayNone(trans: TranslationBundle): void {
  Notification.warning(
    trans.__('No notebook is open. Open one, choose a cell, then export again.'),
    { autoClose: 6000 }
  );
}

async function openWish({ exports, notebooks, trans }: CommandDeps, wish: Wish): Promise<void> {
  await attempt(() => notebooks.save());
  exports().open(wishRef(wish), titleOf(wish.notebook, trans));
}

/** Ask for the name of a variable; empty when the person changed their mind. */
async function askVariable(trans: TranslationBundle): Promise<string> {
  const asked = await InputDialog.getText({
    title: trans.__('Export a variable to a job'),
    label: trans.__('Its value at the end of the notebook is what the job gives.'),
    okLabel: trans.__('Export')
  });
  return (asked.value ?? '').trim();
}

function addExportCommands(deps: CommandDeps): void {
  const { app, notebooks, exports, trans } = deps;
  const path = trans.__('The path of the notebook; without it, the one in front.');
  app.commands.addCommand(CommandIDs.exportCell, {
    label: args => (args['toolbar'] ? trans.__('Export') : trans.__('Export to job…')),
    caption: trans.__('Make a job from what the chosen cells need'),
    icon: args => (args['toolbar'] ? jobIcon : undefined),
    describedBy: textArgs({
      notebook: path,
      cell: trans.__('The id of the cell; without it, the chosen ones.')
    }),
    execute: async args => {
      const active = notebooks.place();
      const notebook = textArg(args, 'notebook') || active?.notebook;
      const given = textArg(args, 'cell');
      const chosen = active?.chosen.length ? active.chosen : active ? [active.cell] : [];
      const cells = given ? [given] : chosen;
      if (!notebook || cells.length === 0) {
        sayNone(trans);
        return;
      }
      await openWish(deps, { notebook, cells, variable: '', ref: '' });
    }
  });
  app.commands.addCommand(CommandIDs.exportVariable, {
    label: trans.__('Export Variable to Job…'),
    describedBy: textArgs({
      notebook: path,
      variable: trans.__('The name of the variable; without it, it is asked for.')
    }),
    execute: async args => {
      const notebook = textArg(args, 'notebook') || notebooks.path;
      if (!notebook) {
        sayNone(trans);
        return;
      }
      const variable = textArg(args, 'variable') || (await askVariable(trans));
      if (variable) {
        await openWish(deps, { notebook, cells: [], variable, ref: '' });
      }
    }
  });
  addOpenExport(app, exports, trans);
}

function addOpenExport(app: JupyterFrontEnd, exports: () => Pages, trans: TranslationBundle): void {
  app.commands.addCommand(CommandIDs.openExport, {
    label: trans.__('Open Export'),
    describedBy: textArgs(
      {
        ref: trans.__('What to export, as export:<notebook>?cell=<id>, or cell:<notebook>#<id>.'),
        title: trans.__('The title of its tab.')
      },
      ['ref']
    ),
    isVisible: args => Boolean(textArg(args, 'ref')),
    execute: args => {
      const ref = textArg(args, 'ref');
      const title = textArg(args, 'title') || titleOf(parseWish(ref).notebook, trans);
      exports().open(ref, title);
    }
  });
}

/** The job that a command is about: named, or under the menu that was opened. */
function jobOf(app: JupyterFrontEnd, args: Readonly<Record<string, unknown>>): string {
  const row = app.contextMenuHitTest(node => node.classList.contains('pj-Jobs-row'));
  return textArg(args, 'name') || parseRef(row?.dataset.ref ?? '').id;
}

function addJobCommands(deps: CommandDeps): void {
  const { app, model, jobs, trans } = deps;
  app.commands.addCommand(CommandIDs.openJob, {
    label: trans.__('Open Job'),
    icon: jobIcon,
    describedBy: textArgs({
      ref: trans.__('The job, as job:<name>.'),
      part: trans.__('The part to show: verification, cells, runs, monitor, files or lineage.')
    }),
    isVisible: args => Boolean(textArg(args, 'ref') || jobOf(app, args)),
    execute: args => {
      const ref = textArg(args, 'ref') || `job:${jobOf(app, args)}`;
      const { id: name } = parseRef(ref);
      const part = textArg(args, 'part');
      jobs().open(ref, name);
      if (part) {
        model.lead(name, part);
      }
    }
  });
  app.commands.addCommand(CommandIDs.reveal, {
    label: trans.__('Show in File Browser'),
    icon: folderIcon,
    describedBy: textArgs({ name: trans.__('The name of the job.') }),
    isVisible: args => Boolean(jobOf(app, args)),
    execute: async args => {
      const name = jobOf(app, args);
      const folder = model.all?.find(job => job.name === name)?.path ?? '';
      const path = relativeTo(PageConfig.getOption('serverRoot'), folder);
      if (path === undefined) {
        Notification.info(
          trans.__('The job lies in %1, outside of what the file browser shows.', folder),
          { autoClose: 8000 }
        );
        return;
      }
      await attempt(() =>
        app.commands.execute('filebrowser:open-path', { path, dontShowBrowser: false })
      );
    }
  });
  app.commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh Jobs'),
    icon: refreshIcon,
    describedBy: NO_ARGS,
    execute: () => model.feed.refresh()
  });
}

function addTaskCommands(deps: CommandDeps): void {
  const { app, client, model, notebooks, tasks, jobs, trans } = deps;
  const add = (
    command: string,
    label: string,
    icon: typeof playIcon,
    start: (name: string) => Promise<Task>
  ): void => {
    app.commands.addCommand(command, {
      label,
      icon,
      describedBy: textArgs({ name: trans.__('The name of the job.') }),
      isVisible: args => Boolean(jobOf(app, args)),
      execute: async args => {
        const name = jobOf(app, args);
        const task = await attempt(() => start(name));
        if (!task) {
          return;
        }
        const ended = tasks.follow(task);
        void model.feed.refresh();
        const { result } = await ended;
        await model.feed.refresh();
        if (isUpdate(result) && result.conflicts.length > 0) {
          jobs().open(`job:${name}`, name);
        }
      }
    });
  };
  add(CommandIDs.verify, trans.__('Verify Job'), checkIcon, name =>
    client.call('post', '/jobs/{name}/verify', { path: { name } })
  );
  add(CommandIDs.run, trans.__('Run Job'), playIcon, name =>
    client.call('post', '/jobs/{name}/run', { path: { name } })
  );
  add(CommandIDs.update, trans.__('Update Job from Notebook'), refreshIcon, async name => {
    await notebooks.save();
    const notebook = model.all?.find(job => job.name === name)?.notebook ?? '';
    const kernel = notebooks.kernelOf(notebook);
    const body = { kernel_id: kernel, run: !kernel };
    return client.call('post', '/jobs/{name}/update', { path: { name }, body });
  });
}
