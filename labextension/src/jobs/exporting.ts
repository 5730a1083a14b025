// An export as a person puts it together: what is chosen, the preview, where it goes, and what came of it.

import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import type { IClient } from '../api/client';
import { asCallError, type CallError } from '../api/errors';
import { Feed } from '../api/feed';
import type { ITasks, Task } from '../tasks/tokens';
import { type Forced, turnOver, type Wish } from './choice';
import { optionsOf } from './form';
import { isJob, suggestName } from './model';
import type { CellView, Job, KeptLine, NewJob, Slice, Target } from './tokens';

/** Whose order counts: what the kernel did, what the notebook says, or whichever agrees. */
export type Order = NonNullable<Slice['order']>;
/** Where the values to compare with come from. */
export type Source = 'kernel' | 'run' | 'stored';
/** What became of the export so far. */
export type Outcome = { task?: Task; job?: Job; error?: CallError };

type Deps = {
  client: IClient;
  tasks: ITasks;
  trans: TranslationBundle;
  kernelOf: (path: string) => string;
  written: () => Promise<void>;
};

/** One export. */
export class ExportModel implements IDisposable {
  constructor(
    wish: Wish,
    private readonly _deps: Deps
  ) {
    this.wish = wish;
    this.name = suggestName(wish.notebook);
    this.source = this.kernelId ? 'kernel' : 'run';
    this.feed = new Feed<Slice>({ name: 'perijove:preview-job', fetch: () => this._preview() });
    this.feed.changed.connect(() => this._changed.emit(), this);
  }

  /** What a job made from the choice would hold. */
  readonly feed: Feed<Slice>;
  wish: Wish;
  order: Order = 'auto';
  forced: Forced = { keep: [], drop: [] };
  name: string;
  out = '';
  target = 'folder';
  options: Record<string, string> = {};
  source: Source;
  targets: readonly Target[] = [];
  outcome: Outcome = {};

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The live kernel of the notebook, empty where it has none. */
  get kernelId(): string {
    return this._deps.kernelOf(this.wish.notebook);
  }

  /** The chosen target as it is installed. */
  get chosenTarget(): Target | undefined {
    return this.targets.find(target => target.name === this.target);
  }

  /** Whether there is something in the preview that forbids the job. */
  get refused(): boolean {
    return (this.feed.value?.findings ?? []).some(one => one.severity === 'refusal');
  }

  /** Whether it can be written now. */
  get ready(): boolean {
    return (
      !this.outcome.task &&
      this.name.trim() !== '' &&
      this.feed.value !== undefined &&
      !this.refused
    );
  }

  get isDisposed(): boolean {
    return this.feed.isDisposed;
  }

  dispose(): void {
    this.feed.dispose();
    Signal.clearData(this);
  }

  /** Change something that the preview does not depend on. */
  set(change: Partial<Pick<ExportModel, 'name' | 'out' | 'target' | 'options' | 'source'>>): void {
    Object.assign(this, change);
    this._changed.emit();
  }

  /** Take another choice, whose lines nobody has forced yet. */
  async choose(wish: Wish): Promise<void> {
    await this._change({ wish, forced: { keep: [], drop: [] } });
  }

  /** Slice in another order. */
  async sort(order: Order): Promise<void> {
    await this._change({ order });
  }

  /** Force a line in or out, or leave it to the slice again. */
  async toggle(view: CellView, line: KeptLine): Promise<void> {
    await this._change({ forced: turnOver(this.forced, view, line) });
  }

  /** Leave every line to the slice. */
  async free(): Promise<void> {
    await this._change({ forced: { keep: [], drop: [] } });
  }

  /** Take back the last change of the choice. */
  async undo(): Promise<void> {
    const { before } = this;
    if (before) {
      this.before = undefined;
      Object.assign(this, before);
      await this.feed.refresh();
    }
  }

  /** The choice as it was before its last change. */
  before: Pick<ExportModel, 'wish' | 'order' | 'forced'> | undefined;

  /** Learn where jobs can go. */
  async load(): Promise<void> {
    try {
      this.targets = await this._deps.client.call('get', '/jobs/export/targets', {});
    } catch (reason) {
      this.outcome = { error: asCallError(reason) };
    }
    this._changed.emit();
  }

  /** Write the job, and follow it to its end. */
  async start(verify: boolean): Promise<void> {
    const { client, tasks, trans, written } = this._deps;
    try {
      const task = await client.call('post', '/jobs/export', { body: this._body(verify) });
      this._tell({ task });
      const ended = await tasks.follow(task, true, true);
      if (ended.state === 'done' && isJob(ended.result)) {
        this._tell({ job: ended.result });
      } else {
        const said =
          ended.state === 'cancelled' ? trans.__('The export was cancelled.') : ended.error;
        this._tell({ error: asCallError(new Error([said, ended.hint].filter(Boolean).join(' '))) });
      }
      await written();
    } catch (reason) {
      this._tell({ error: asCallError(reason) });
    }
  }

  private _choice(): Wish & Forced & { order: Order; kernel_id: string } {
    return { ...this.wish, ...this.forced, order: this.order, kernel_id: this.kernelId };
  }

  private _body(verify: boolean): NewJob {
    return {
      ...this._choice(),
      kernel_id: this.source === 'kernel' ? this.kernelId : '',
      run: this.source === 'run',
      name: this.name.trim(),
      out: this.target === 'folder' ? this.out.trim() : '',
      target: this.target,
      target_options: optionsOf(this.chosenTarget, this.options),
      verify
    };
  }

  private async _change(
    change: Partial<Pick<ExportModel, 'wish' | 'order' | 'forced'>>
  ): Promise<void> {
    this.before = { wish: this.wish, order: this.order, forced: this.forced };
    Object.assign(this, change);
    this._changed.emit();
    await this.feed.refresh();
  }

  private async _preview(): Promise<Slice> {
    const asked = ++this._asked;
    const answer = await this._deps.client.call('post', '/jobs/preview', { body: this._choice() });
    return asked === this._asked ? answer : (this.feed.value ?? answer);
  }

  private _tell(outcome: Outcome): void {
    this.outcome = outcome;
    this._changed.emit();
  }

  private _asked = 0;
  private readonly _changed = new Signal<this, void>(this);
}
