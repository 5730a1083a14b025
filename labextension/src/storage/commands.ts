// The commands of storage: show and compare changes, resolve a merge, restore, convert.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { historyIcon, shareIcon, undoIcon } from '@jupyterlab/ui-components';

import { textArg, textArgs } from '../ui/args';
import type { Pages } from '../ui/page';
import { attempt } from '../ui/say';
import { askSides } from './compare';
import { convert, type ConvertDeps } from './convert';
import { confirmFolder } from './dialogs';
import type { IOpenDocuments } from './documents';
import { type Choice, changesRef, nameOf, parseChanges } from './sides';
import type { ICalls, NotebookVersion } from './tokens';

/** The ids of the commands. */
export const CommandIDs = {
  showChanges: 'storage:show-changes',
  compare: 'storage:compare',
  merge: 'storage:merge',
  restore: 'storage:restore',
  toText: 'storage:convert-to-text',
  toNotebook: 'storage:convert-to-notebook'
};

/** A file or folder that a command works on. */
export type Target = { path: string; isFolder: boolean; isNotebook: boolean };

/** What the commands work on. */
export type CommandDeps = ConvertDeps & {
  app: JupyterFrontEnd;
  calls: ICalls;
  documents: IOpenDocuments;
  trans: TranslationBundle;
  changes: () => Pages;
  merges: () => Pages;
  /** The files chosen in the file browser. */
  selected: () => Target[];
  /** The notebook in front. */
  current: () => string;
  pickFile: () => Promise<string | undefined>;
};

type Args = Readonly<Record<string, unknown>>;

/** Add the commands. */
export function addCommands(deps: CommandDeps): void {
  addChangeCommands(deps);
  addMergeCommand(deps);
  addRestoreCommand(deps);
  addConvertCommands(deps);
}

/** What a command works on: the path it was given, else what is chosen in the file browser, else the notebook in front. */
function targetOf(deps: CommandDeps, args: Args): Target | undefined {
  const path = textArg(args, 'path');
  if (path) {
    return { path, isFolder: false, isNotebook: true };
  }
  if (args['browser']) {
    return deps.selected()[0];
  }
  const current = deps.current();
  return current ? { path: current, isFolder: false, isNotebook: true } : undefined;
}

/** The notebook to work on; says so where there is none. */
function notebookOf(deps: CommandDeps, args: Args): string | undefined {
  const target = targetOf(deps, args);
  if (target?.isNotebook) {
    return target.path;
  }
  Notification.warning(
    deps.trans.__('No notebook is open. Open one, or choose one in the file browser.'),
    { autoClose: 6000 }
  );
  return undefined;
}

function pathArgs(trans: TranslationBundle): ReturnType<typeof textArgs> {
  return textArgs({ path: trans.__('The path of the notebook; without it, the one in front.') });
}

function openChanges(deps: CommandDeps, path: string, before?: Choice, after?: Choice): void {
  const ref = changesRef(path, before, after);
  deps.changes().open(ref, titleOf(deps.trans, ref));
}

/** The title of a page: what changed since the last commit, or a comparison of chosen sides. */
function titleOf(trans: TranslationBundle, ref: string): string {
  const { path, before } = parseChanges(ref);
  return before ? trans.__('Compare: %1', nameOf(path)) : trans.__('Changes: %1', nameOf(path));
}

function addChangeCommands(deps: CommandDeps): void {
  const { app, trans } = deps;
  app.commands.addCommand(CommandIDs.showChanges, {
    label: args => (args['toolbar'] ? trans.__('Changes') : trans.__('Show Changes')),
    caption: trans.__('Show what changed in the notebook since its last commit'),
    icon: historyIcon,
    describedBy: textArgs({
      path: trans.__('The path of the notebook; without it, the one in front.'),
      ref: trans.__('The page, as changes:<path>; instead of the path.'),
      title: trans.__('The title of its tab.')
    }),
    isVisible: args => !args['browser'] || deps.selected()[0]?.isNotebook === true,
    execute: args => {
      const path = textArg(args, 'ref') ? '' : notebookOf(deps, args);
      const ref = textArg(args, 'ref') || (path && changesRef(path));
      if (ref) {
        deps.changes().open(ref, titleOf(trans, ref));
      }
    }
  });
  app.commands.addCommand(CommandIDs.compare, {
    label: args =>
      args['browser'] && deps.selected().length === 2
        ? trans.__('Compare the Two Notebooks')
        : trans.__('Compare Versions…'),
    caption: trans.__('Compare two commits, two notebooks, or the open document with the file'),
    icon: historyIcon,
    describedBy: pathArgs(trans),
    isVisible: args => !args['browser'] || deps.selected().every(one => one.isNotebook),
    execute: args => compare(deps, args)
  });
}

async function compare(deps: CommandDeps, args: Args): Promise<void> {
  const two = args['browser'] ? deps.selected() : [];
  if (two.length === 2) {
    openChanges(deps, two[1].path, { kind: 'file', value: two[0].path });
    return;
  }
  const path = notebookOf(deps, args);
  if (!path) {
    return;
  }
  const versions = await deps.calls.versions(path).catch((): NotebookVersion[] => []);
  const sides = await askSides(path, versions, deps.documents.isOpen(path), deps.trans);
  const before = sides && (await withFile(deps, sides.before));
  const after = before && sides && (await withFile(deps, sides.after));
  if (before && after) {
    openChanges(deps, path, before, after);
  }
}

/** A side whose file is asked for where it has none yet. */
async function withFile(deps: CommandDeps, side: Choice): Promise<Choice | undefined> {
  if (side.kind !== 'file' || side.value) {
    return side;
  }
  const value = await deps.pickFile();
  return value ? { kind: 'file', value } : undefined;
}

function addMergeCommand(deps: CommandDeps): void {
  const { app, trans } = deps;
  app.commands.addCommand(CommandIDs.merge, {
    label: trans.__('Resolve Merge'),
    caption: trans.__('Choose between both versions of each cell that is in conflict'),
    icon: shareIcon,
    describedBy: textArgs({
      path: trans.__('The path of the notebook; without it, the one in front.'),
      ref: trans.__('The page, as merge:<path>; instead of the path.'),
      title: trans.__('The title of its tab.')
    }),
    isVisible: args => !args['browser'] || deps.selected()[0]?.isNotebook === true,
    execute: args => {
      const path = textArg(args, 'ref').replace(/^merge:/, '') || notebookOf(deps, args);
      if (path) {
        deps.merges().open(`merge:${path}`, trans.__('Merge: %1', nameOf(path)));
      }
    }
  });
}

function addRestoreCommand(deps: CommandDeps): void {
  const { app, calls, trans } = deps;
  app.commands.addCommand(CommandIDs.restore, {
    label: trans.__('Restore Notebook…'),
    caption: trans.__('Compare with an earlier version, and bring it or single cells back'),
    icon: undoIcon,
    describedBy: textArgs({
      path: trans.__('The path of the notebook; without it, the one in front.'),
      rev: trans.__('The commit to bring back; without it, the last one.')
    }),
    isVisible: args => !args['browser'] || deps.selected()[0]?.isNotebook === true,
    execute: async args => {
      const path = notebookOf(deps, args);
      const versions = path && (await attempt(() => calls.versions(path)));
      const rev = textArg(args, 'rev') || (versions && versions[0]?.rev);
      if (path && rev) {
        openChanges(deps, path, { kind: 'commit', value: rev }, { kind: 'disk', value: '' });
      } else if (path && versions) {
        openChanges(deps, path);
      }
    }
  });
}

function addConvertCommands(deps: CommandDeps): void {
  const { app, trans } = deps;
  const isText = (target: Target): boolean => !target.path.endsWith('.ipynb');
  const fits = (to: 'text' | 'notebook', target: Target | undefined): boolean =>
    target !== undefined &&
    (target.isFolder ? to === 'text' : target.isNotebook && isText(target) === (to === 'notebook'));
  const add = (id: string, to: 'text' | 'notebook', label: string, folder: string): void => {
    app.commands.addCommand(id, {
      label: args => (args['browser'] && deps.selected()[0]?.isFolder ? folder : label),
      describedBy: pathArgs(trans),
      isVisible: args => !args['browser'] || fits(to, deps.selected()[0]),
      isEnabled: args => fits(to, targetOf(deps, args)),
      execute: async args => {
        const target = targetOf(deps, args);
        if (!target || (target.isFolder && !(await confirmFolder(trans, target.path)))) {
          return;
        }
        await attempt(() => deps.documents.save(target.path));
        await convert(deps, target.path, to);
      }
    });
  };
  add(
    CommandIDs.toText,
    'text',
    trans.__('Convert to Text Notebook'),
    trans.__('Convert All Notebooks to Text…')
  );
  add(
    CommandIDs.toNotebook,
    'notebook',
    trans.__('Convert to .ipynb Notebook'),
    trans.__('Convert All Notebooks to .ipynb…')
  );
}
