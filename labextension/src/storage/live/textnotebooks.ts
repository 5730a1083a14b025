// A program that the contents call a notebook opens as a notebook; by itself Lab looks only at the ending of the name.

import { PathExt } from '@jupyterlab/coreutils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';

/** Remembers which files the contents called text notebooks, by path. */
export class TextNotebooks {
  /** Whether the contents called the file at a path a notebook though its name does not end in `.ipynb`. */
  has(path: string): boolean {
    return this._paths.has(path.replace(/^\//, ''));
  }

  /** Learn from a model; of a folder, from all that it lists. */
  learn(model: Contents.IModel): void {
    if (model.type === 'directory') {
      for (const item of Array.isArray(model.content) ? (model.content as Contents.IModel[]) : []) {
        this._note(item);
      }
    } else {
      this._note(model);
    }
  }

  /** Learn from all that a contents manager answers, from now on. */
  watch(contents: Contents.IManager): IDisposable {
    const { get, save, copy, rename } = contents;
    const taught = async (answer: Promise<Contents.IModel>): Promise<Contents.IModel> => {
      const model = await answer;
      this.learn(model);
      return model;
    };
    // An answer to a question that names the type only repeats the type.
    contents.get = (path, options) => {
      const answer = get.call(contents, path, options);
      return options?.type ? answer : taught(answer);
    };
    contents.save = (path, options) => {
      const answer = save.call(contents, path, options);
      return options?.type === 'notebook' ? taught(answer) : answer;
    };
    contents.copy = (path, folder) => taught(copy.call(contents, path, folder));
    contents.rename = (path, to) => {
      const known = this.has(path);
      return rename.call(contents, path, to).then(model => {
        this._paths.delete(path);
        if (known) {
          this._note({ ...model, type: 'notebook' });
        }
        return model;
      });
    };
    return new DisposableDelegate(() => Object.assign(contents, { get, save, copy, rename }));
  }

  private _note(model: Contents.IModel): void {
    const text = model.type === 'notebook' && PathExt.extname(model.path) !== '.ipynb';
    const path = model.path.replace(/^\//, '');
    if (text) {
      this._paths.add(path);
    } else {
      this._paths.delete(path);
    }
  }

  private readonly _paths = new Set<string>();
}

/** Let Lab take text notebooks for notebooks wherever it chooses a widget, an icon or a menu by path. */
export function openAsNotebooks(registry: DocumentRegistry, known: TextNotebooks): IDisposable {
  const types = registry.getFileTypesForPath.bind(registry);
  const factories = registry.preferredWidgetFactories.bind(registry);
  // Lab asks for the factories of a path, but on the way down only for the types of the last part of it.
  let whole = '';
  registry.getFileTypesForPath = path => {
    const notebook = known.has(whole || path) ? registry.getFileType('notebook') : undefined;
    return notebook ? [notebook] : types(path);
  };
  registry.preferredWidgetFactories = path => {
    whole = path;
    try {
      return factories(path);
    } finally {
      whole = '';
    }
  };
  return new DisposableDelegate(() => {
    registry.getFileTypesForPath = types;
    registry.preferredWidgetFactories = factories;
  });
}
