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
import { Pages, type PagesOptions } from '../ui/page';
import { withSettings } from '../ui/settings';
import { parseWish } from './choice';
import { addCommands, CommandIDs } from './commands';
import { ExportModel } from './exporting';
import { JobsModel } from './model';
import { JobsSection } from './section';
import { ExportButton } from './toolbar';
import { IJobs } from './tokens';
import { UpdateModel } from './updating';

const ID = 'perijove:jobs';

/** What the menu of a job's row offers. */
const ROW_MENU = [
  CommandIDs.openJob,
  CommandIDs.verify,
  CommandIDs.run,
  CommandIDs.update,
  CommandIDs.reveal
];

/** What the pages work with. */
type Works = {
  client: IClient;
  live: ILive;
  model: JobsModel;
  notebooks: INotebooks;
  opener: IOpener;
  tasks: ITasks;
};

/** The pages of jobs and of exports. */
function pagesOf(
  shared: Pick<PagesOptions, 'app' | 'trans' | 'restorer' | 'icon'>,
  works: Works
): { jobPages: Pages; exportPages: Pages } {
  const { client, live, model, notebooks, opener, tasks } = works;
  const { app, trans } = shared;
  const kernelOf = (path: string): string => notebooks.kernelOf(path);
  const save = (): Promise<void> => notebooks.save();
  const written = (): Promise<void> => model.feed.refresh();
  const jobPages = new Pages({
    ...shared,
    namespace: 'jobs-job',
    command: CommandIDs.openJob,
    load: async ref => {
      const { id: name } = parseRef(ref);
      const { commands } = app;
      const updating = new UpdateModel(name, { client, tasks, trans, kernelOf, save });
      const { jobPage } = await import('./page');
      return jobPage({ client, commands, jobs: model, live, name, opener, tasks, updating });
    }
  });
  const exportPages = new Pages({
    ...shared,
    namespace: 'jobs-export',
    command: CommandIDs.openExport,
    load: async ref => {
      const deps = { client, tasks, trans, kernelOf, written };
      const own = new ExportModel(parseWish(ref), deps);
      const { exportPage } = await import('./export');
      return exportPage({ model: own, jobs: model, opener, tasks, save });
    }
  });
  return { jobPages, exportPages };
}

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
    const { jobPages, exportPages } = pagesOf(
      { app, trans, restorer, icon: jobIcon },
      { client, live, model, notebooks, opener, tasks }
    );
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
    panel.add(new JobsSection({ model, tasks, commands }, trans));
    opener.register('job', ref => void commands.execute(CommandIDs.openJob, { ref }));
    opener.register('export', ref => void commands.execute(CommandIDs.openExport, { ref }));
    app.docRegistry.addWidgetExtension('Notebook', new ExportButton(commands, trans.__('Export')));
    app.contextMenu.addItem({
      command: CommandIDs.exportCell,
      selector: '.jp-Notebook .jp-CodeCell',
      rank: 12
    });
    ROW_MENU.forEach((command, rank) => {
      app.contextMenu.addItem({ command, selector: '.pj-Jobs-row', rank });
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
