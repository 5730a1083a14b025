// The plugin of the jobs.

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator } from '@jupyterlab/translation';

import { IClient } from '../api/client';
import { ILive } from '../api/live';
import { IOpener, parseRef } from '../api/opener';
import { INotebooks } from '../notebook/tokens';
import { IPanel } from '../panel/tokens';
import { ITasks } from '../tasks/tokens';
import { jobIcon } from '../ui/icons';
import { Pages } from '../ui/page';
import { withSettings } from '../ui/settings';
import { addCommands, CommandIDs } from './commands';
import { JobsModel } from './model';
import { JobsSection } from './section';
import { ExportButton } from './toolbar';
import { IJobs } from './tokens';

const ID = 'perijove:jobs';

const jobs: JupyterFrontEndPlugin<IJobs> = {
  id: ID,
  description: 'Jobs: export a cell, verify the package, run it.',
  autoStart: true,
  requires: [IClient, ILive, IOpener, IPanel, ITasks, INotebooks, ITranslator],
  optional: [ILayoutRestorer, ICommandPalette, ISettingRegistry],
  provides: IJobs,
  activate: (
    app: JupyterFrontEnd,
    client: IClient,
    live: ILive,
    opener: IOpener,
    panel: IPanel,
    tasks: ITasks,
    notebooks: INotebooks,
    translator: ITranslator,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null
  ): IJobs => {
    const trans = translator.load('perijove');
    const model = new JobsModel(client, live);
    const { commands } = app;
    const parts = { client, commands, live, model, notebooks, opener, tasks };
    addCommands({
      app,
      client,
      model,
      notebooks,
      tasks,
      trans,
      jobs: () => jobPages,
      exports: () => exportPages
    });
    const shared = { app, trans, restorer, icon: jobIcon };
    const jobPages = new Pages({
      ...shared,
      namespace: 'jobs-job',
      command: CommandIDs.openJob,
      load: async ref => (await import('./page')).jobPage({ ...parts, name: parseRef(ref).id })
    });
    const exportPages = new Pages({
      ...shared,
      namespace: 'jobs-export',
      command: CommandIDs.openExport,
      load: async ref => (await import('./export')).exportPage({ ...parts, cell: parseRef(ref).id })
    });
    panel.add(new JobsSection({ model, tasks, commands }, trans));
    opener.register('job', ref => void commands.execute(CommandIDs.openJob, { ref }));
    app.docRegistry.addWidgetExtension('Notebook', new ExportButton(commands, trans.__('Export')));
    app.contextMenu.addItem({
      command: CommandIDs.exportCell,
      selector: '.jp-Notebook .jp-CodeCell',
      rank: 12
    });
    for (const command of Object.values(CommandIDs)) {
      palette?.addItem({ command, category: trans.__('Perijove') });
    }
    withSettings(settings, ID, app.restored, values => {
      model.verifyAfterExport = values.flag('verifyAfterExport');
    });
    return model;
  }
};

export default [jobs];
