// Makes the file of a new text notebook.

import type { INotebookContent } from '@jupyterlab/nbformat';
import type { Contents, KernelSpec } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';

/** The endings of programs by the language of their kernel. */
const ENDINGS: Readonly<Record<string, string>> = {
  python: '.py',
  r: '.R',
  julia: '.jl',
  javascript: '.js',
  typescript: '.ts',
  scala: '.scala',
  bash: '.sh',
  sql: '.sql',
  rust: '.rs',
  go: '.go',
  'c++': '.cpp',
  ruby: '.rb'
};

/** The ending of a text notebook for a kernel: Python’s without one, `.txt` where its language is not known. */
export function endingOf(spec: Pick<KernelSpec.ISpecModel, 'language'> | null | undefined): string {
  return spec ? (ENDINGS[spec.language.toLowerCase()] ?? '.txt') : '.py';
}

/** An empty notebook of one code cell. */
export function emptyNotebook(spec: KernelSpec.ISpecModel | null | undefined): INotebookContent {
  const kernelspec = spec && {
    name: spec.name,
    display_name: spec.display_name,
    language: spec.language
  };
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: kernelspec ? { kernelspec } : {},
    cells: [
      {
        cell_type: 'code',
        id: UUID.uuid4().slice(0, 8),
        execution_count: null,
        metadata: {},
        outputs: [],
        source: ''
      }
    ]
  };
}

/** Make the file: untitled first, for a name that is free, then with the notebook in it. */
export async function newTextNotebook(
  contents: Contents.IManager,
  folder: string,
  spec: KernelSpec.ISpecModel | null | undefined
): Promise<string> {
  const made = await contents.newUntitled({ path: folder, type: 'file', ext: endingOf(spec) });
  await contents.save(made.path, {
    type: 'notebook',
    format: 'json',
    content: emptyNotebook(spec)
  });
  return made.path;
}
