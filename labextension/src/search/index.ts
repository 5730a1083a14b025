// The plugin of the search.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator } from '@jupyterlab/translation';
import { searchIcon } from '@jupyterlab/ui-components';

import { IClient } from '../api/client';
import { IOpener } from '../api/opener';
import { ICatalog } from '../catalog/tokens';
import { IPanel } from '../panel/tokens';
import { textArg, textArgs } from '../ui/args';
import { withSettings } from '../ui/settings';
import { SearchModel } from './model';
import { SearchSection } from './section';
import { ISearch } from './tokens';

const ID = 'perijove:search';

/** The id of the command that goes to the box. */
const FOCUS = 'search:focus';

const search: JupyterFrontEndPlugin<ISearch> = {
  id: ID,
  description: 'Search over datasets, notebooks, runs and jobs.',
  autoStart: true,
  requires: [IClient, IOpener, IPanel, ITranslator],
  optional: [ICommandPalette, ISettingRegistry, ICatalog],
  provides: ISearch,
  activate: (
    app: JupyterFrontEnd,
    client: IClient,
    opener: IOpener,
    panel: IPanel,
    translator: ITranslator,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null,
    catalog: ICatalog | null
  ): ISearch => {
    const trans = translator.load('perijove');
    const model = new SearchModel(client);
    const { commands } = app;
    const section = new SearchSection({ model, opener, commands, catalog }, trans);
    panel.add(section);
    commands.addCommand(FOCUS, {
      label: trans.__('Search Everything'),
      icon: searchIcon,
      describedBy: textArgs({
        query: trans.__('What to look for; without it, only the cursor goes to the box.')
      }),
      execute: async args => {
        panel.reveal('search');
        if (textArg(args, 'query')) {
          await model.search(textArg(args, 'query'));
        }
        // The section is drawn in the next frame when it was closed until now.
        requestAnimationFrame(() => requestAnimationFrame(() => section.focus()));
      }
    });
    palette?.addItem({ command: FOCUS, category: trans.__('Perijove') });
    withSettings(settings, ID, app.restored, values => {
      model.limit = values.number('limit', 20);
    });
    return model;
  }
};

export default [search];
