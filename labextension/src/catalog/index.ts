// The plugin of the catalog.

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';

import { IClient } from '../api/client';
import { ILive } from '../api/live';
import { IOpener } from '../api/opener';
import { INotebooks } from '../notebook/tokens';
import { IPanel } from '../panel/tokens';
import { ITasks } from '../tasks/tokens';
import { datasetIcon } from '../ui/icons';
import { Pages } from '../ui/page';
import { withSettings } from '../ui/settings';
import { addCommands, CommandIDs } from './commands';
import { CatalogModel } from './model';
import { CatalogSection } from './section';
import { ENGINES, ICatalog } from './tokens';

const ID = 'perijove:catalog';

/** The pages of dataframes in live kernels. */
function framePages(
  app: JupyterFrontEnd,
  trans: TranslationBundle,
  restorer: ILayoutRestorer | null,
  client: IClient
): Pages {
  return new Pages({
    app,
    trans,
    restorer,
    namespace: 'catalog-frame',
    command: CommandIDs.openFrame,
    icon: datasetIcon,
    load: async ref => (await import('./dataset/frame')).framePage(ref, client)
  });
}

const catalog: JupyterFrontEndPlugin<ICatalog> = {
  id: ID,
  description: 'Sources and datasets: search, schema, preview, load code.',
  autoStart: true,
  requires: [IClient, ILive, IOpener, IPanel, ITasks, INotebooks, ITranslator],
  optional: [ILayoutRestorer, ICommandPalette, ISettingRegistry, IRenderMimeRegistry],
  provides: ICatalog,
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
    settings: ISettingRegistry | null,
    rendermime: IRenderMimeRegistry | null
  ): ICatalog => {
    const trans = translator.load('perijove');
    const model = new CatalogModel(client, live);
    const { commands } = app;
    addCommands({
      app,
      client,
      model,
      notebooks,
      tasks,
      trans,
      pages: () => pages,
      frames: () => frames
    });
    const pages = new Pages({
      app,
      trans,
      restorer,
      namespace: 'catalog-dataset',
      command: CommandIDs.openDataset,
      icon: datasetIcon,
      load: async ref =>
        (await import('./dataset/page')).datasetPage({
          id: ref,
          client,
          model,
          opener,
          notebooks,
          tasks,
          rendermime,
          commands
        })
    });
    const frames = framePages(app, trans, restorer, client);
    panel.add(new CatalogSection({ model, tasks, commands, client, notebooks }, trans));
    opener.register('dataset', ref => void commands.execute(CommandIDs.openDataset, { ref }));
    opener.register('source', () => panel.reveal('catalog'));
    for (const command of Object.values(CommandIDs)) {
      palette?.addItem({ command, category: trans.__('Perijove') });
    }
    withSettings(settings, ID, app.restored, values => {
      const wanted = values.text('engine');
      model.engine = ENGINES.find(engine => engine === wanted) ?? 'pandas';
    });
    return model;
  }
};

export default [catalog];
