// What the sections have in common that show what one model holds.

import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import type * as React from 'react';

import type { ISection, SectionAction } from './tokens';

/** A model that tells of changes, and looks for news while somebody sees it. */
type Model = {
  readonly changed: ISignal<unknown, void>;
  readonly feed: { wake(): void; sleep(): void };
};

/** A section of one model: it wakes and sleeps with the section. */
export abstract class ModelSection<Deps extends { model: Model }> implements ISection {
  constructor(
    protected readonly deps: Deps,
    protected readonly trans: TranslationBundle
  ) {}

  abstract readonly id: string;
  abstract readonly title: string;
  abstract readonly rank: number;
  readonly weight: number = 2;
  abstract readonly actions: SectionAction[];

  get changed(): ISignal<unknown, void> {
    return this.deps.model.changed;
  }

  abstract count(): number | undefined;
  abstract summary(): string;
  abstract render(): React.JSX.Element;

  wake(): void {
    this.deps.model.feed.wake();
  }

  sleep(): void {
    this.deps.model.feed.sleep();
  }
}
