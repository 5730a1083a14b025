// The catalog's commands: add, scan and remove sources, open a dataset, insert code that loads it.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon, codeIcon, refreshIcon } from '@jupyterlab/ui-components';

import type { IClient } from '../api/client';
import type { INotebooks } from '../notebook/tokens';
import type { ITasks } from '../tasks/tokens';
import { NO_ARGS, textArg, textArgs } from '../ui/args';
import { confirm } from '../ui/confirm';
import { datasetIcon } from '../ui/icons';
import type { Pages } from '../ui/page';
import { attempt } from '../ui/say';
import { askSource } from './dialog';
import type { CatalogModel } from './model';
import type { Engine } from './tokens';

/** The ids of the commands. */
export const CommandIDs = {
  addSource: 'catalog:add-source',
  removeSource: 'catalog:remove-source',
  scan: 'catalog:scan',
  refresh: 'catalog:refresh',
  openDataset: 'catalog:open-dataset',
  openFrame: 'catalog:open-frame',
  insertLoadCode: 'catalog:insert-load-code'
};

/** What the commands work on. */
export type CommandDeps = {
  app: JupyterFrontEnd;
  client: IClient;
  model: CatalogModel;
  notebooks: INotebooks;
  pages: () => Pages;
  frames: () => Pages;
  tasks: ITasks;
  trans: TranslationBundle;
};

/** Add the commands. */
export function addCommands(deps: CommandDeps): void {
  addSourceCommands(deps);
  addDatasetCommands(deps);
}

async function scan({ client, model, tasks }: CommandDeps, name: string): Promise<void> {
  const task = await client.call('post', '/catalog/sources/{name}/scan', { path: { name } });
  await model.refresh();
  await tasks.follow(task);
  await model.refresh();
}

function addSourceCommands(deps: CommandDeps): void {
  const { app, client, model, trans } = deps;
  const name = trans.__('The name of the source.');
  app.commands.addCommand(CommandIDs.addSource, {
    label: trans.__('Add a Source…'),
    icon: addIcon,
    describedBy: textArgs({
      name,
      uri: trans.__('Where it is: a folder or the URL of a database. Without it, a dialog asks.')
    }),
    execute: async args => {
      const given = { name: textArg(args, 'name'), uri: textArg(args, 'uri') };
      const source = given.uri ? given : await askSource(trans);
      if (source) {
        await attempt(async () => {
          const added = await client.call('post', '/catalog/sources', { body: source });
          await scan(deps, added.name);
        });
      }
    }
  });
  app.commands.addCommand(CommandIDs.scan, {
    label: trans.__('Scan Sources'),
    icon: refreshIcon,
    describedBy: textArgs({ name: trans.__('The name of the source; without it, all sources.') }),
    execute: async args => {
      const given = textArg(args, 'name');
      const names = given ? [given] : (model.sources.value ?? []).map(source => source.name);
      await attempt(() => Promise.all(names.map(one => scan(deps, one))));
    }
  });
  app.commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh Data'),
    icon: refreshIcon,
    describedBy: NO_ARGS,
    execute: () => model.refresh()
  });
  app.commands.addCommand(CommandIDs.removeSource, {
    label: trans.__('Remove Source…'),
    describedBy: textArgs({ name }, ['name']),
    isVisible: args => Boolean(textArg(args, 'name')),
    execute: args => removeSource(deps, textArg(args, 'name'))
  });
}

async function removeSource({ client, model, trans }: CommandDeps, name: string): Promise<void> {
  const sure = await confirm(trans, {
    title: trans.__('Remove the source “%1”?', name),
    body: trans.__('Its datasets leave the catalog. The data itself stays where it is.'),
    accept: trans.__('Remove')
  });
  if (sure) {
    await attempt(() => client.call('delete', '/catalog/sources/{name}', { path: { name } }));
    await model.refresh();
  }
}

function addDatasetCommands({ app, frames, model, notebooks, pages, trans }: CommandDeps): void {
  const ref = trans.__('The dataset, for instance dataset:file:///data/orders.parquet.');
  app.commands.addCommand(CommandIDs.openDataset, {
    label: trans.__('Open Dataset'),
    icon: datasetIcon,
    describedBy: textArgs({ ref, title: trans.__('The title of its tab.') }, ['ref']),
    isVisible: args => Boolean(textArg(args, 'ref')),
    execute: args =>
      pages().open(textArg(args, 'ref'), textArg(args, 'title') || nameOf(textArg(args, 'ref')))
  });
  app.commands.addCommand(CommandIDs.openFrame, {
    label: trans.__('Open Dataframe'),
    icon: datasetIcon,
    describedBy: textArgs({ ref: trans.__('The dataframe, as frame:<kernel id>/<variable>.') }, [
      'ref'
    ]),
    isVisible: args => Boolean(textArg(args, 'ref')),
    execute: args => frames().open(textArg(args, 'ref'), nameOf(textArg(args, 'ref')))
  });
  app.commands.addCommand(CommandIDs.insertLoadCode, {
    label: args => textArg(args, 'label') || trans.__('Insert Load Code'),
    icon: codeIcon,
    describedBy: textArgs(
      {
        ref,
        engine: trans.__('For instance pandas or dask; without it, the one in the settings.'),
        version: trans.__('The version to pin; without it, always the newest.')
      },
      ['ref']
    ),
    isVisible: args => Boolean(textArg(args, 'ref')),
    execute: async args => {
      const engine = (textArg(args, 'engine') || undefined) as Engine | undefined;
      const asked = { ref: textArg(args, 'ref'), engine, notebook: notebooks.path };
      const version = textArg(args, 'version');
      const code = await attempt(() => model.code({ ...asked, version }));
      if (code !== undefined && !notebooks.insert(code)) {
        Notification.warning(
          trans.__('No notebook is open. Open one, then insert the code again.'),
          { autoClose: 6000 }
        );
      }
    }
  });
}

/** The short name in a dataset's ref: the last part of its address. */
export function nameOf(ref: string): string {
  const address = decodeURIComponent(ref.slice(ref.indexOf(':') + 1));
  return address.split('#').at(-1)?.split('/').filter(Boolean).at(-1) ?? address;
}
