// The panel itself: an accordion of sections that keeps their order and what is folded.

import type { TranslationBundle } from '@jupyterlab/translation';
import { SidePanel } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import { AccordionPanel, Menu } from '@lumino/widgets';

import { perijoveIcon } from '../ui/icons';
import type { PanelModel } from './model';
import { SectionWidget, TitleRenderer } from './section';
import type { IPanel, ISection } from './tokens';

/** What the panel needs from Lab. */
export type PanelOptions = {
  model: PanelModel;
  commands: CommandRegistry;
  trans: TranslationBundle;
  show: () => void;
};

/** The sidebar panel with its sections. */
export class Panel extends SidePanel implements IPanel {
  constructor(private readonly _options: PanelOptions) {
    super({
      content: new AccordionPanel({ renderer: new TitleRenderer(), titleSpace: 30, spacing: 0 })
    });
    this.id = 'perijove-panel';
    this.addClass('pj-Panel');
    this.title.icon = perijoveIcon;
    this.title.caption = _options.trans.__('Perijove');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _options.trans.__('Perijove'));
    this._accordion.expansionToggled.connect(this._onToggled, this);
    _options.model.changed.connect(this._arrange, this);
  }

  add(section: ISection): IDisposable {
    const { trans, commands } = this._options;
    const widget = new SectionWidget(section, trans, commands, (x, y) =>
      this._openMenu(section.id, x, y)
    );
    this._sections.set(section.id, widget);
    const at = this.shown.indexOf(section.id);
    this.content.insertWidget(at, widget);
    this._applyFolds();
    return new DisposableDelegate(() => {
      this._sections.delete(section.id);
      widget.dispose();
    });
  }

  reveal(id: string): void {
    this._options.show();
    const index = this.shown.indexOf(id);
    if (index >= 0) {
      this._accordion.expand(index);
    }
  }

  /** The ids of the sections from top to bottom. */
  get shown(): string[] {
    return this._options.model.arrange([...this._sections.values()].map(widget => widget.section));
  }

  /** The body of a section. */
  section(id: string): SectionWidget | undefined {
    return this._sections.get(id);
  }

  private get _accordion(): AccordionPanel {
    return this.content as AccordionPanel;
  }

  private _arrange(): void {
    this.shown.forEach((id, index) => {
      const widget = this._sections.get(id);
      if (widget && this._accordion.widgets[index] !== widget) {
        this._accordion.insertWidget(index, widget);
      }
    });
    this._applyFolds();
  }

  private _applyFolds(): void {
    this._applying = true;
    this.shown.forEach((id, index) => {
      if (this._options.model.folded(id)) {
        this._accordion.collapse(index);
      } else {
        this._accordion.expand(index);
      }
    });
    this._applying = false;
    this._share();
  }

  /** Part the room among the open sections by their weights, so that a folded one leaves its room to all. */
  private _share(): void {
    this._accordion.setRelativeSizes(
      this.shown.map(id =>
        this._options.model.folded(id) ? 0 : (this._sections.get(id)?.section.weight ?? 1)
      )
    );
  }

  private _onToggled(_: AccordionPanel, index: number): void {
    const widget = this._accordion.widgets[index];
    if (!this._applying && widget instanceof SectionWidget) {
      this._options.model.fold(widget.section.id, widget.isHidden);
      this._share();
    }
  }

  private _openMenu(section: string, x: number, y: number): void {
    const menu = new Menu({ commands: this._options.commands });
    for (const command of ['panel:move-up', 'panel:move-down', 'panel:open-settings']) {
      menu.addItem({ command, args: { section } });
    }
    menu.aboutToClose.connect(() => setTimeout(() => menu.dispose(), 0));
    menu.open(x, y);
  }

  private readonly _sections = new Map<string, SectionWidget>();
  private _applying = false;
}
