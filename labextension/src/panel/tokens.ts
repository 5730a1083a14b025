// The Perijove panel in the left sidebar, to which each capability adds its section.

import type { LabIcon } from '@jupyterlab/ui-components';
import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import type * as React from 'react';

/** A button in a section's title. */
export type SectionAction = { icon: LabIcon; label: string; command: string };

/** One section: what it says in its title, and what it draws. */
export interface ISection {
  /** The capability's name. */
  readonly id: string;
  readonly title: string;
  /** Where it stands until the person moves it; small is high. */
  readonly rank: number;
  /** How much room it takes beside the others. */
  readonly weight: number;
  readonly actions: SectionAction[];
  /** Fires when count or summary may have changed. */
  readonly changed: ISignal<unknown, void>;
  /** How many things there are; undefined shows nothing. */
  count(): number | undefined;
  /** One line for the closed section. */
  summary(): string;
  render(): React.JSX.Element;
  /** The section can be seen. */
  wake(): void;
  /** The section cannot be seen any more. */
  sleep(): void;
}

/** The panel. */
export interface IPanel {
  /** Add a section; the answer takes it away. */
  add(section: ISection): IDisposable;
  /** Show the panel with a section open. */
  reveal(id: string): void;
}

/** The token of the panel. */
export const IPanel = new Token<IPanel>(
  'perijove:IPanel',
  'The Perijove panel, to which a capability adds its section.'
);
