// One section of the panel: its title with count, summary and buttons, and its body.

import type { TranslationBundle } from '@jupyterlab/translation';
import { ellipsesIcon, type LabIcon, ReactWidget } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { AccordionPanel, type Title, type Widget } from '@lumino/widgets';
import * as React from 'react';

import { TransProvider } from '../ui/context';
import type { ISection } from './tokens';

/** The body of a section; it tells the section when it can be seen. */
export class SectionWidget extends ReactWidget {
  constructor(
    readonly section: ISection,
    private readonly _trans: TranslationBundle,
    private readonly _commands: CommandRegistry,
    private readonly _menu: (x: number, y: number) => void
  ) {
    super();
    this.id = `pj-Section-${section.id}`;
    this.addClass('pj-Section');
    this.title.label = section.title;
    section.changed.connect(this._refreshTitle, this);
  }

  render(): React.JSX.Element {
    return <TransProvider value={this._trans}>{this.section.render()}</TransProvider>;
  }

  /** Put count, summary and buttons into the title's element. */
  decorate(handle: HTMLElement): void {
    this._count = handle.appendChild(element('span', 'pj-Section-count'));
    this._summary = handle.appendChild(element('span', 'pj-Section-summary'));
    const tools = handle.appendChild(element('span', 'pj-Section-tools'));
    for (const kind of ['click', 'keydown']) {
      tools.addEventListener(kind, event => event.stopPropagation());
    }
    for (const action of this.section.actions) {
      tools.appendChild(
        tool(action.icon, action.label, () => void this._commands.execute(action.command))
      );
    }
    const more = tool(ellipsesIcon, this._trans.__('%1: more', this.section.title), () => {
      const box = more.getBoundingClientRect();
      this._menu(box.left, box.bottom);
    });
    tools.appendChild(more);
    handle.addEventListener('contextmenu', event => {
      event.preventDefault();
      event.stopPropagation();
      this._menu(event.clientX, event.clientY);
    });
    this._refreshTitle();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.section.changed.disconnect(this._refreshTitle, this);
      this.section.sleep();
    }
    super.dispose();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.section.wake();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    if (this.isVisible) {
      this.section.wake();
    }
  }

  protected override onBeforeHide(msg: Message): void {
    super.onBeforeHide(msg);
    this.section.sleep();
  }

  private _refreshTitle(): void {
    const count = this.section.count();
    if (this._count && this._summary) {
      this._count.textContent = count === undefined ? '' : String(count);
      this._summary.textContent = this.section.summary();
    }
  }

  private _count?: HTMLElement;
  private _summary?: HTMLElement;
}

/** Draws the titles of the accordion. */
export class TitleRenderer extends AccordionPanel.Renderer {
  override createSectionTitle(data: Title<Widget>): HTMLElement {
    const handle = super.createSectionTitle(data);
    handle.classList.add('pj-Section-title');
    handle.setAttribute('role', 'button');
    if (data.owner instanceof SectionWidget) {
      data.owner.decorate(handle);
    }
    return handle;
  }
}

function element(tag: string, className: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}

function tool(icon: LabIcon, label: string, press: () => void): HTMLElement {
  const button = element('button', 'pj-Btn pj-mod-icon') as HTMLButtonElement;
  button.type = 'button';
  button.title = label;
  button.setAttribute('aria-label', label);
  button.appendChild(
    icon.element({ tag: 'span', className: 'pj-Icon', width: '16px', height: '16px' })
  );
  button.addEventListener('click', press);
  return button;
}
