// The plugin of storage: changes of notebooks, merges, and conversion to text and back.

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';
import { historyIcon, shareIcon } from '@jupyterlab/ui-components';

import { IClient } from '../api/client';
import { ILive } from '../api/live';
import { IOpener } from '../api/opener';
import { ITasks } from '../tasks/tokens';
import { Pages } from '../ui/page';
import { withSettings } from '../ui/settings';
import { Calls } from './calls';
import { addCommands, CommandIDs, type Target } from './commands';
import { confirmRestore, confirmStop, pickNotebook } from './dialogs';
import { OpenDocuments } from './documents';
import { Colours, type IColours } from './highlight';
import { MergeModel } from './merging';
import { ChangesModel, type Layout } from './model';
import { ConflictNotices } from './notice';
import { parseChanges } from './sides';
import { ChangesButton } from './toolbar';
import { type ICalls, IStorage } from './tokens';

const ID = 'perijove:storage';

/** What the pages share. */
type Parts = {
  app: JupyterFrontEnd;
  calls: ICalls;
  colours: IColours | undefined;
  documents: OpenDocuments;
  live: ILive;
  manager: IDocumentManager;
  restorer: ILayoutRestorer | null;
  trans: TranslationBundle;
  likes: { layout: Layout; outputs: boolean };
  pickFile: () => Promise<string | undefined>;
};

const storage: JupyterFrontEndPlugin<IStorage> = {
  id: ID,
  description: 'Notebooks: what changed, merges, restoring, conversion to text and back.',
  autoStart: true,
  requires: [IClient, ILive, IOpener, ITasks, INotebookTracker, IDocumentManager, ITranslator],
  optional: [
    ILayoutRestorer,
    ICommandPalette,
    ISettingRegistry,
    IFileBrowserFactory,
    IEditorLanguageRegistry
  ],
  provides: IStorage,
  activate: (
    app: JupyterFrontEnd,
    client: IClient,
    live: ILive,
    opener: IOpener,
    tasks: ITasks,
    tracker: INotebookTracker,
    manager: IDocumentManager,
    translator: ITranslator,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null,
    browsers: IFileBrowserFactory | null,
    languages: IEditorLanguageRegistry | null
  ): IStorage => {
    const trans = translator.load('perijove');
    const calls = new Calls(client);
    const documents = new OpenDocuments(tracker, manager);
    const likes: Parts['likes'] = { layout: 'side', outputs: true };
    const colours = languages ? new Colours(languages) : undefined;
    const pickFile = (): Promise<string | undefined> =>
      pickNotebook(trans, manager, trans.__('Compare with another notebook'));
    const parts = {
      ...{ app, calls, colours, documents, live, manager, restorer, trans, likes },
      pickFile
    };
    addCommands({
      ...{ app, calls, documents, tasks, trans, pickFile },
      changes: () => changes,
      merges: () => merges,
      selected: () => selectedIn(browsers),
      current: () => tracker.currentWidget?.context.localPath ?? '',
      open: path => void manager.openOrReveal(path),
      refresh: () => void browsers?.tracker.currentWidget?.model.refresh()
    });
    const changes = changesPages(parts, settings);
    const merges = mergePages(parts);
    const showChanges = (path: string): void =>
      void app.commands.execute(CommandIDs.showChanges, { path });
    const merge = (path: string): void => void app.commands.execute(CommandIDs.merge, { path });
    opener.register('changes', ref => void app.commands.execute(CommandIDs.showChanges, { ref }));
    opener.register('merge', ref => void app.commands.execute(CommandIDs.merge, { ref }));
    app.docRegistry.addWidgetExtension(
      'Notebook',
      new ChangesButton(app.commands, trans.__('Changes'))
    );
    addMenus(app, palette, trans);
    const notices = new ConflictNotices(calls, tracker, trans, merge);
    notices.listen(live);
    withSettings(settings, ID, app.restored, values => {
      likes.layout = values.text('layout') === 'inline' ? 'inline' : 'side';
      likes.outputs = values.flag('outputs');
      notices.enabled = values.flag('noticeConflicts');
    });
    return { showChanges, merge };
  }
};

function changesPages(parts: Parts, settings: ISettingRegistry | null): Pages {
  const { app, calls, colours, documents, likes, live, pickFile, restorer, trans } = parts;
  return new Pages({
    ...{ app, trans, restorer },
    namespace: 'storage-changes',
    command: CommandIDs.showChanges,
    icon: historyIcon,
    load: async ref => {
      const { changesPage } = await import('./changes');
      return changesPage({
        model: new ChangesModel({ ...parseChanges(ref), calls, documents, live, ...likes }),
        ...{ colours, pickFile },
        merge: () => void app.commands.execute(CommandIDs.merge, { path: parseChanges(ref).path }),
        confirmRestore: (model, cell) => confirmRestore(trans, model, cell),
        remember: layout => void settings?.set(ID, 'layout', layout)
      });
    }
  });
}

function mergePages(parts: Parts): Pages {
  const { app, calls, colours, documents, manager, restorer, trans } = parts;
  return new Pages({
    ...{ app, trans, restorer },
    namespace: 'storage-merge',
    command: CommandIDs.merge,
    icon: shareIcon,
    load: async ref => {
      const path = ref.replace(/^merge:/, '');
      const { mergePage } = await import('./merge');
      const open = (): void => void manager.openOrReveal(path);
      const close = (): void => closePage(app, `storage-merge:${ref}`);
      return mergePage({
        model: new MergeModel(path, calls, documents),
        colours,
        confirmStop: model => confirmStop(trans, model),
        finished: () => {
          close();
          open();
        },
        ...{ close, open }
      });
    }
  });
}

function closePage(app: JupyterFrontEnd, id: string): void {
  for (const widget of app.shell.widgets('main')) {
    if (widget.id === id) {
      widget.close();
    }
  }
}

/** The files and folders chosen in the file browser. */
function selectedIn(browsers: IFileBrowserFactory | null): Target[] {
  const browser = browsers?.tracker.currentWidget;
  return Array.from(browser?.selectedItems() ?? [], item => ({
    path: item.path,
    isFolder: item.type === 'directory',
    isNotebook: item.type === 'notebook'
  }));
}

function addMenus(
  app: JupyterFrontEnd,
  palette: ICommandPalette | null,
  trans: TranslationBundle
): void {
  const args = { browser: true };
  const notebook = '.jp-DirListing-item[data-isdir="false"]';
  const { showChanges, compare, merge, toText, toNotebook } = CommandIDs;
  [showChanges, compare, merge, toText, toNotebook].forEach((command, index) =>
    app.contextMenu.addItem({ command, args, selector: notebook, rank: 20 + index / 10 })
  );
  app.contextMenu.addItem({
    command: toText,
    args,
    selector: '.jp-DirListing-item[data-isdir="true"]',
    rank: 20
  });
  for (const command of Object.values(CommandIDs)) {
    palette?.addItem({ command, category: trans.__('Perijove') });
  }
}

export default [storage];
