// What Lab's registry answers for programs that are notebooks.
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';

import { openAsNotebooks, TextNotebooks } from './textnotebooks';

const model = (path: string, type: string, content: unknown = null): Contents.IModel =>
  ({ path, name: path.split('/').pop(), type, content }) as Contents.IModel;

/** A contents manager of two files; it answers with the type it is asked for. */
function contentsOf(files: Record<string, string>): Contents.IManager {
  const get = async (path: string, options?: { type?: string }): Promise<Contents.IModel> =>
    model(path, options?.type ?? files[path]);
  return {
    get,
    save: get,
    copy: async (path: string, folder: string) => model(`${folder}/copy.py`, files[path]),
    rename: async (_: string, to: string) => model(to, 'file')
  } as unknown as Contents.IManager;
}

describe('TextNotebooks', () => {
  it('learns from listings and from single files, and unlearns', () => {
    const known = new TextNotebooks();
    known.learn(
      model('', 'directory', [
        model('a/x.py', 'notebook'),
        model('b/x.py', 'file'),
        model('x.ipynb', 'notebook')
      ])
    );
    expect(['a/x.py', '/a/x.py', 'b/x.py', 'x.ipynb'].map(path => known.has(path))).toEqual([
      true,
      true,
      false,
      false
    ]);
    known.learn(model('a/x.py', 'file'));
    expect(known.has('a/x.py')).toBe(false);
  });

  it('hears all that the contents answer, but not the echo of a type', async () => {
    const contents = contentsOf({ 'a.py': 'notebook', 'b.py': 'file' });
    const known = new TextNotebooks();
    const watching = known.watch(contents);
    await contents.get('a.py');
    await contents.get('a.py', { type: 'file' });
    await contents.get('b.py', { type: 'notebook' });
    expect([known.has('a.py'), known.has('b.py')]).toEqual([true, false]);
    await contents.copy('a.py', 'to');
    await contents.rename('a.py', 'c.py');
    expect(['to/copy.py', 'a.py', 'c.py'].map(path => known.has(path))).toEqual([
      true,
      false,
      true
    ]);
    await contents.save('new.py', { type: 'notebook' });
    expect(known.has('new.py')).toBe(true);
    watching.dispose();
    await contents.save('late.py', { type: 'notebook' });
    expect(known.has('late.py')).toBe(false);
  });
});

/** A registry of two types and two factories that asks itself as Lab's does: by the whole path, then by its last part. */
class Registry {
  getFileType(name: string): { name: string } {
    return { name };
  }

  getFileTypesForPath(path: string): { name: string }[] {
    return path.endsWith('.py') ? [{ name: 'python' }] : [];
  }

  preferredWidgetFactories(path: string): { name: string }[] {
    const last = path.split('/').pop() ?? '';
    if (!last) {
      throw new Error('There is no name.');
    }
    const notebook = this.getFileTypesForPath(last).some(type => type.name === 'notebook');
    return [...(notebook ? [{ name: 'Notebook' }] : []), { name: 'Editor' }];
  }
}

describe('openAsNotebooks', () => {
  it('tells programs of one name apart by their folder', () => {
    const registry = new Registry() as unknown as DocumentRegistry;
    const known = new TextNotebooks();
    known.learn(model('a/x.py', 'notebook'));
    const wrapped = openAsNotebooks(registry, known);
    const names = (path: string): string[] =>
      registry.preferredWidgetFactories(path).map(factory => factory.name);
    expect(names('a/x.py')).toEqual(['Notebook', 'Editor']);
    expect(names('b/x.py')).toEqual(['Editor']);
    expect(() => names('a/')).toThrow('no name');
    expect(registry.getFileTypesForPath('a/x.py').map(type => type.name)).toEqual(['notebook']);
    expect(registry.getFileTypesForPath('x.py').map(type => type.name)).toEqual(['python']);
    wrapped.dispose();
    expect(names('a/x.py')).toEqual(['Editor']);
  });
});
