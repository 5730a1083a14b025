// The clusters' commands: a notebook with a cluster, start, scale, stop.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';

import { NO_ARGS, textArg, textArgs } from '../ui/args';
import { confirm } from '../ui/confirm';
import { clusterIcon } from '../ui/icons';
import { attempt } from '../ui/say';
import type { ClustersModel } from './model';

/** The ids of the commands. */
export const CommandIDs = {
  startNotebook: 'clusters:start-notebook',
  start: 'clusters:start',
  scale: 'clusters:scale',
  stop: 'clusters:stop',
  refresh: 'clusters:refresh'
};

/** The kernel whose provisioner brings a cluster. */
export const KERNEL = 'perijove-dask';

/** Add the commands. */
export function addCommands(
  app: JupyterFrontEnd,
  model: ClustersModel,
  trans: TranslationBundle
): void {
  const { commands } = app;
  commands.addCommand(CommandIDs.startNotebook, {
    label: args =>
      args['isLauncher'] ? trans.__('Dask (local)') : trans.__('New Notebook with a Dask Cluster'),
    caption: trans.__('A notebook whose kernel has a Dask cluster and a connected client'),
    icon: clusterIcon,
    describedBy: textArgs({
      cwd: trans.__('The folder of the new notebook; without it, the one that is shown.')
    }),
    execute: args =>
      commands.execute('notebook:create-new', { cwd: textArg(args, 'cwd'), kernelName: KERNEL })
  });
  commands.addCommand(CommandIDs.start, {
    label: trans.__('Start a Cluster Without a Notebook'),
    icon: clusterIcon,
    describedBy: textArgs({ profile: trans.__('The profile; without it, local.') }),
    execute: args => attempt(() => model.start(textArg(args, 'profile') || 'local'))
  });
  commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh Clusters'),
    describedBy: NO_ARGS,
    execute: () => model.feed.refresh()
  });
  addChanges(app, model, trans);
}

function addChanges(app: JupyterFrontEnd, model: ClustersModel, trans: TranslationBundle): void {
  const id = { type: 'string', description: trans.__('The cluster.') };
  const workers = {
    type: 'integer',
    minimum: 0,
    description: trans.__('How many workers it shall have.')
  };
  app.commands.addCommand(CommandIDs.scale, {
    label: trans.__('Scale Cluster'),
    describedBy: {
      args: { type: 'object', properties: { id, workers }, required: ['id', 'workers'] }
    },
    isVisible: args => Boolean(textArg(args, 'id')),
    execute: args => attempt(() => model.scale(textArg(args, 'id'), Number(args['workers'])))
  });
  app.commands.addCommand(CommandIDs.stop, {
    label: trans.__('Stop Cluster…'),
    describedBy: { args: { type: 'object', properties: { id }, required: ['id'] } },
    isVisible: args => Boolean(textArg(args, 'id')),
    execute: async args => {
      const cluster = model.all?.find(one => one.id === textArg(args, 'id'));
      const sure = await confirm(trans, {
        title: trans.__('Stop the cluster “%1”?', cluster?.name ?? textArg(args, 'id')),
        body: trans.__(
          'Its %1 workers end and what they hold in memory is lost. The notebook’s kernel goes on without it.',
          String(cluster?.workers ?? '')
        ),
        accept: trans.__('Stop')
      });
      if (sure) {
        await attempt(() => model.stop(textArg(args, 'id')));
      }
    }
  });
}
