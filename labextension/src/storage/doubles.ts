// Small real doubles for the tests of storage: calls that answer from memory, and one open notebook.

import { Signal } from '@lumino/signaling';

import type { Task } from '../tasks/tokens';
import type { IOpenDocuments } from './documents';
import type {
  Content,
  DiffRequest,
  ICalls,
  MergeView,
  NotebookDiff,
  NotebookVersion,
  Pick,
  Status
} from './tokens';

/** Calls that answer from memory and note what they were asked. */
export class MemoryCalls implements ICalls {
  readonly asked: string[] = [];
  history: NotebookVersion[] = [];
  /** What a diff answers; a test may hold it back. */
  answer: (request: DiffRequest) => Promise<NotebookDiff> = request =>
    Promise.resolve(emptyDiff(request));
  view: MergeView = {
    path: 'churn.py',
    oursName: 'yours',
    theirsName: 'theirs',
    baseName: 'before',
    cells: [],
    conflicts: 0,
    merged: 0
  };

  status(path: string): Promise<Status> {
    return Promise.resolve({ path, stored: 'text', git: 'unchanged' });
  }

  versions(): Promise<NotebookVersion[]> {
    return Promise.resolve(this.history);
  }

  diff(request: DiffRequest): Promise<NotebookDiff> {
    const side = ({ kind, value }: DiffRequest['before']): string => [kind, value].join(':');
    this.asked.push(`diff ${side(request.before)} ${side(request.after)}`);
    return this.answer(request);
  }

  merge(): Promise<MergeView> {
    return Promise.resolve(this.view);
  }

  resolve(path: string, picks: Pick[]): Promise<Status> {
    this.asked.push(`resolve ${path} ${picks.map(pick => `${pick.id}=${pick.pick}`).join(' ')}`);
    return this.status(path);
  }

  restore(path: string, rev: string, cell: string): Promise<Status> {
    this.asked.push(`restore ${path} ${rev} ${cell}`.trim());
    return this.status(path);
  }

  convert(): Promise<Task> {
    return Promise.reject(new Error('not part of these tests'));
  }

  blob(): Promise<Blob> {
    return Promise.resolve(new Blob([]));
  }
}

/** A comparison that found nothing; its names tell which sides were asked for. */
export function emptyDiff(request: DiffRequest): NotebookDiff {
  return {
    path: request.path,
    beforeName: request.before.value || request.before.kind,
    afterName: request.after.value || request.after.kind,
    cells: [],
    changed: 0
  };
}

/** One notebook that may be open and hold unsaved changes. */
export class OneDocument implements IOpenDocuments {
  readonly changed = new Signal<this, string>(this);
  readonly done: string[] = [];
  open = false;
  dirty = false;

  isOpen(): boolean {
    return this.open;
  }

  isDirty(): boolean {
    return this.dirty;
  }

  content(): Content | null {
    return this.open ? ({ cells: [] } as unknown as Content) : null;
  }

  save(): Promise<void> {
    this.done.push('save');
    this.dirty = false;
    return Promise.resolve();
  }

  reload(): Promise<void> {
    this.done.push('reload');
    return Promise.resolve();
  }
}
