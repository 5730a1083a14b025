// The experiments' commands: open a run, look again.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';

import { NO_ARGS, textArg, textArgs } from '../ui/args';
import { runIcon } from '../ui/icons';
import type { Pages } from '../ui/page';
import type { ExperimentsModel } from './model';

/** The ids of the commands. */
export const CommandIDs = {
  openRun: 'experiments:open-run',
  refresh: 'experiments:refresh'
};

/** Add the commands. */
export function addCommands(
  app: JupyterFrontEnd,
  model: ExperimentsModel,
  pages: () => Pages,
  trans: TranslationBundle
): void {
  app.commands.addCommand(CommandIDs.openRun, {
    label: trans.__('Open Run'),
    icon: runIcon,
    describedBy: textArgs(
      { ref: trans.__('The run, as run:<id>.'), title: trans.__('The title of its tab.') },
      ['ref']
    ),
    isVisible: args => Boolean(textArg(args, 'ref')),
    execute: args => {
      const ref = textArg(args, 'ref');
      const known = model.runs?.find(run => `run:${run.id}` === ref);
      pages().open(ref, textArg(args, 'title') || (known?.name ?? trans.__('Run')));
    }
  });
  app.commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh Runs'),
    icon: refreshIcon,
    describedBy: NO_ARGS,
    execute: () => model.feed.refresh()
  });
}
