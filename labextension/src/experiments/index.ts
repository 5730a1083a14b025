// The plugin of the experiments.

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
import { IPanel } from '../panel/tokens';
import { runIcon } from '../ui/icons';
import { Pages } from '../ui/page';
import { withSettings } from '../ui/settings';
import { addCommands, CommandIDs } from './commands';
import { ExperimentsModel } from './model';
import { ExperimentsSection } from './section';
import { IExperiments } from './tokens';

const ID = 'perijove:experiments';

const experiments: JupyterFrontEndPlugin<IExperiments> = {
  id: ID,
  description: 'Runs: metrics, curves, parameters and where they came from.',
  autoStart: true,
  requires: [IClient, ILive, IOpener, IPanel, ITranslator],
  optional: [ILayoutRestorer, ICommandPalette, ISettingRegistry],
  provides: IExperiments,
  activate: (
    app: JupyterFrontEnd,
    client: IClient,
    live: ILive,
    opener: IOpener,
    panel: IPanel,
    translator: ITranslator,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null
  ): IExperiments => {
    const trans = translator.load('perijove');
    const model = new ExperimentsModel(client, live);
    const { commands } = app;
    addCommands(app, model, () => pages, trans);
    const pages = new Pages({
      app,
      trans,
      restorer,
      namespace: 'experiments-run',
      command: CommandIDs.openRun,
      icon: runIcon,
      load: async ref =>
        (await import('./page')).runPage({ id: parseRef(ref).id, client, live, opener, model })
    });
    panel.add(new ExperimentsSection({ model, commands }, trans));
    opener.register('run', ref => void commands.execute(CommandIDs.openRun, { ref }));
    for (const command of Object.values(CommandIDs)) {
      palette?.addItem({ command, category: trans.__('Perijove') });
    }
    withSettings(settings, ID, app.restored, values => {
      model.limit = values.number('limit', 20);
      model.metric = values.text('metric');
    });
    return model;
  }
};

export default [experiments];
