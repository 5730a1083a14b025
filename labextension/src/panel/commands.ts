// The panel's commands: show it, move a section, open a section's settings.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';

import { NO_ARGS, textArg, textArgs } from '../ui/args';
import { perijoveIcon } from '../ui/icons';
import type { PanelModel } from './model';
import type { Panel } from './panel';

/** The ids of the commands. */
export const CommandIDs = {
  show: 'panel:show',
  moveUp: 'panel:move-up',
  moveDown: 'panel:move-down',
  openSettings: 'panel:open-settings'
};

/** Add the commands. */
export function addCommands(
  app: JupyterFrontEnd,
  panel: Panel,
  model: PanelModel,
  trans: TranslationBundle
): void {
  const { commands } = app;
  const section = textArgs({
    section: trans.__('The section: catalog, clusters, experiments, jobs or search.')
  });
  commands.addCommand(CommandIDs.show, {
    label: trans.__('Show Perijove'),
    icon: perijoveIcon,
    describedBy: NO_ARGS,
    execute: () => app.shell.activateById(panel.id)
  });
  const moves: [string, string, -1 | 1][] = [
    [CommandIDs.moveUp, trans.__('Move Section Up'), -1],
    [CommandIDs.moveDown, trans.__('Move Section Down'), 1]
  ];
  for (const [id, label, by] of moves) {
    commands.addCommand(id, {
      label,
      describedBy: section,
      isEnabled: args => {
        const shown = panel.shown;
        const at = shown.indexOf(textArg(args, 'section') || focused(panel));
        return at >= 0 && at + by >= 0 && at + by < shown.length;
      },
      execute: args => model.move(textArg(args, 'section') || focused(panel), by, panel.shown)
    });
  }
  commands.addCommand(CommandIDs.openSettings, {
    label: trans.__('Section Settings…'),
    describedBy: section,
    execute: args => {
      const id = textArg(args, 'section') || focused(panel) || 'panel';
      return commands.execute('settingeditor:open', {
        query: `Perijove ${panel.section(id)?.section.title ?? ''}`.trim()
      });
    }
  });
}

function focused(panel: Panel): string {
  const at = panel.shown.find(id => panel.section(id)?.node.contains(document.activeElement));
  return at ?? '';
}
