// The plugin of the Perijove panel.

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator } from '@jupyterlab/translation';

import { addCommands, CommandIDs } from './commands';
import { type Arrangement, PanelModel } from './model';
import { Panel } from './panel';
import { IPanel } from './tokens';

const KEY = 'perijove:panel';

const panel: JupyterFrontEndPlugin<IPanel> = {
  id: 'perijove:panel',
  description: 'The Perijove panel in the left sidebar.',
  autoStart: true,
  requires: [ITranslator, IStateDB],
  optional: [ILayoutRestorer, ICommandPalette, ISettingRegistry],
  provides: IPanel,
  activate: async (
    app: JupyterFrontEnd,
    translator: ITranslator,
    state: IStateDB,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null
  ): Promise<IPanel> => {
    const trans = translator.load('perijove');
    const saved = (await state.fetch(KEY)) as Partial<Arrangement> | undefined;
    const model = new PanelModel(arrangement => void state.save(KEY, arrangement), saved);
    const widget = new Panel({
      model,
      trans,
      commands: app.commands,
      show: () => app.shell.activateById(widget.id)
    });
    addCommands(app, widget, model, trans);
    for (const command of Object.values(CommandIDs)) {
      palette?.addItem({ command, category: trans.__('Perijove') });
    }
    restorer?.add(widget, 'perijove-panel');
    const rank = (await settings?.load(panel.id).catch(() => undefined))?.get('rank').composite;
    app.shell.add(widget, 'left', { rank: typeof rank === 'number' ? rank : 150 });
    return widget;
  }
};

export default [panel];
