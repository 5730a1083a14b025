// The state of a page of changes: which sides are compared, and what the server found between them.

import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import { Feed } from '../api/feed';
import type { ILive } from '../api/live';
import type { IOpenDocuments } from './documents';
import { type Choice, codeOf, DISK, isSame, OPEN } from './sides';
import type { Converted, ICalls, NotebookDiff, NotebookVersion, Side } from './tokens';

/** How two versions are laid out. */
export type Layout = 'side' | 'inline';

/** What a model of changes works with. */
export type ChangesOptions = {
  path: string;
  calls: ICalls;
  documents: IOpenDocuments;
  live?: ILive;
  before?: Choice;
  after?: Choice;
  layout?: Layout;
  outputs?: boolean;
};

/** What changed in one notebook between two sides. */
export class ChangesModel implements IDisposable {
  constructor(private readonly _options: ChangesOptions) {
    this.path = _options.path;
    this._before = _options.before;
    this._after = _options.after;
    this._layout = _options.layout ?? 'side';
    this._outputs = _options.outputs ?? true;
    this.feed = new Feed<NotebookDiff>({
      name: 'perijove:changes',
      fetch: () => this._fetch(),
      live: _options.live,
      events: ['storage.']
    });
    this.feed.changed.connect(() => this._changed.emit(), this);
    _options.documents.changed.connect(this._onDocument, this);
  }

  readonly path: string;
  /** What the server found. */
  readonly feed: Feed<NotebookDiff>;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The commits that changed the notebook, newest first. */
  get versions(): readonly NotebookVersion[] {
    return this._versions;
  }

  get before(): Choice {
    return this._before ?? this._firstBefore();
  }

  get after(): Choice {
    return this._after ?? this._firstAfter();
  }

  get layout(): Layout {
    return this._layout;
  }

  set layout(layout: Layout) {
    this._layout = layout;
    this._changed.emit();
  }

  get outputs(): boolean {
    return this._outputs;
  }

  /** The sides that may be chosen now, other than commits. */
  get places(): Choice[] {
    const open = this._options.documents.isOpen(this.path) ? [OPEN] : [];
    const files = [this.before, this.after].filter(side => side.kind === 'file');
    return [DISK, ...open, ...files.filter((side, at) => !at || !isSame(side, files[0]))];
  }

  /** Whether git waits for a merge of the notebook. */
  get inConflict(): boolean {
    return this._inConflict;
  }

  /** Whether the old side is a commit, and the new one is what is worked on: then it can be brought back. */
  get canRestore(): boolean {
    return this.before.kind === 'commit' && ['disk', 'open'].includes(this.after.kind);
  }

  get isDisposed(): boolean {
    return this.feed.isDisposed;
  }

  /** Compare another side. */
  async choose(which: 'before' | 'after', choice: Choice): Promise<void> {
    this._before = which === 'before' ? choice : this.before;
    this._after = which === 'after' ? choice : this.after;
    this._changed.emit();
    await this.feed.refresh();
  }

  /** Compare outputs, or leave them out. */
  async compareOutputs(outputs: boolean): Promise<void> {
    this._outputs = outputs;
    this._changed.emit();
    await this.feed.refresh();
  }

  /** Bring the notebook, or one cell of it, back to the old side. */
  async restore(cell = ''): Promise<void> {
    const { calls, documents } = this._options;
    await documents.save(this.path);
    await calls.restore(this.path, this.before.value, cell);
    await documents.reload(this.path);
    await this.feed.refresh();
  }

  /** The bytes of an output. */
  blob(sha: string, mime: string): Promise<Blob> {
    return this._options.calls.blob(sha, mime);
  }

  dispose(): void {
    this.feed.dispose();
    Signal.clearData(this);
  }

  /** Ask again while the sides change under the question, so that an old answer never wins. */
  private async _fetch(): Promise<NotebookDiff> {
    const { calls } = this._options;
    this._versions = await calls.versions(this.path);
    this._inConflict = (await calls.status(this.path)).git === 'conflict';
    for (;;) {
      const asked = this._key();
      if (isSame(this.before, this.after)) {
        return { path: this.path, beforeName: '', afterName: '', cells: [], changed: 0 };
      }
      const answer = await calls.diff({
        path: this.path,
        before: this._side(this.before),
        after: this._side(this.after),
        outputs: this._outputs
      });
      if (asked === this._key()) {
        return answer;
      }
    }
  }

  private _key(): string {
    return [codeOf(this.before), codeOf(this.after), this._outputs].join('\n');
  }

  private _side(choice: Choice): Side {
    const notebook = choice.kind === 'open' ? this._options.documents.content(this.path) : null;
    // A document that was closed is what is on disk.
    return choice.kind === 'open' && !notebook ? { ...DISK } : { ...choice, notebook };
  }

  private _firstBefore(): Choice {
    const newest = this._versions[0];
    return newest ? { kind: 'commit', value: newest.rev } : DISK;
  }

  private _firstAfter(): Choice {
    return this._options.documents.isDirty(this.path) ? OPEN : DISK;
  }

  private _onDocument(_: IOpenDocuments, path: string): void {
    if (path === this.path && this.feed.value) {
      void this.feed.refresh();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _versions: NotebookVersion[] = [];
  private _before: Choice | undefined;
  private _after: Choice | undefined;
  private _layout: Layout;
  private _outputs: boolean;
  private _inConflict = false;
}

/** The conversions in a task's result. */
export function readConverted(result: unknown): Converted[] {
  const list = Array.isArray(result) ? result : result ? [result] : [];
  return list.filter(
    (one): one is Converted => typeof one === 'object' && one !== null && 'became' in one
  );
}
