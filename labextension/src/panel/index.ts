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
import { withSettings } from '../ui/settings';
import { IPanel } from './tokens';

const KEY = 'perijove:panel';

const panel: JupyterFrontEndPlugin<IPanel> = {
  id: 'perijove:panel',
  description: 'The Perijove panel in the left sidebar.',
  autoStart: true,
  requires: [ITranslator, IStateDB],
  optional: [ILayoutRestorer, ICommandPalette, ISettingRegistry],
  provides: IPanel,
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator,
    state: IStateDB,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null
  ): IPanel => {
    const trans = translator.load('perijove');
    const model = new PanelModel(arrangement => void state.save(KEY, arrangement));
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
    let rank = 150;
    app.shell.add(widget, 'left', { rank });
    // Lab starts without waiting for what was kept; the panel takes it up when it comes.
    void state.fetch(KEY).then(saved => model.restore(saved as Partial<Arrangement> | undefined));
    withSettings(settings, panel.id, app.restored, values => {
      const wanted = values.number('rank', rank);
      if (wanted !== rank) {
        rank = wanted;
        app.shell.add(widget, 'left', { rank });
      }
    });
    return widget;
  }
};

export default [panel];
