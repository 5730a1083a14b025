// The plugin of the clusters.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator } from '@jupyterlab/translation';

import { IClient } from '../api/client';
import { ILive } from '../api/live';
import { IOpener } from '../api/opener';
import { IPanel } from '../panel/tokens';
import { withSettings } from '../ui/settings';
import { addCommands, CommandIDs } from './commands';
import { ClustersModel } from './model';
import { ClustersSection } from './section';
import { IClusters } from './tokens';

const ID = 'perijove:clusters';

const clusters: JupyterFrontEndPlugin<IClusters> = {
  id: ID,
  description: 'Clusters: start one with a notebook, watch, scale, stop.',
  autoStart: true,
  requires: [IClient, ILive, IOpener, IPanel, ITranslator],
  optional: [ILauncher, ICommandPalette, ISettingRegistry],
  provides: IClusters,
  activate: (
    app: JupyterFrontEnd,
    client: IClient,
    live: ILive,
    opener: IOpener,
    panel: IPanel,
    translator: ITranslator,
    launcher: ILauncher | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null
  ): IClusters => {
    const trans = translator.load('perijove');
    const model = new ClustersModel(client, live);
    addCommands(app, model, trans);
    panel.add(new ClustersSection({ model, opener, commands: app.commands }, trans));
    opener.register('cluster', () => panel.reveal('clusters'));
    launcher?.add({
      command: CommandIDs.startNotebook,
      args: { isLauncher: true },
      category: trans.__('Notebook with a cluster'),
      categoryRank: 10,
      rank: 0
    });
    for (const command of Object.values(CommandIDs)) {
      palette?.addItem({ command, category: trans.__('Perijove') });
    }
    withSettings(settings, ID, app.restored, values =>
      model.feed.every(values.number('pollSeconds', 3) * 1000)
    );
    return model;
  }
};

export default [clusters];
