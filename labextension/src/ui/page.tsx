// Pages in the main area: one tab a thing, found again after a reload, its code loaded when first opened.

import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type LabIcon, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { asCallError, type CallError } from '../api/errors';
import { TransProvider } from './context';
import { Skeleton, Trouble } from './parts';

type Loader = () => Promise<React.ReactNode>;

/** Draws what the loader brings, and until then grey bars. */
function Lazy(props: { load: Loader; label: string }): React.JSX.Element {
  const [body, setBody] = React.useState<React.ReactNode>(null);
  const [error, setError] = React.useState<CallError>();
  React.useEffect(() => {
    props.load().then(setBody, reason => setError(asCallError(reason)));
  }, []);
  if (error) {
    return <Trouble error={error} />;
  }
  return <>{body ?? <Skeleton rows={6} label={props.label} />}</>;
}

class PageBody extends ReactWidget {
  constructor(
    private readonly _load: Loader,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('pj-Page');
  }

  render(): React.JSX.Element {
    return (
      <TransProvider value={this._trans}>
        <Lazy load={this._load} label={this._trans.__('Loading')} />
      </TransProvider>
    );
  }
}

/** How a capability's pages look and load. */
export type PagesOptions = {
  app: JupyterFrontEnd;
  trans: TranslationBundle;
  restorer: ILayoutRestorer | null;
  /** The word in the ids of the pages, for instance `catalog-dataset`. */
  namespace: string;
  /** The command that opens a page, with `ref` as its argument. */
  command: string;
  icon: LabIcon;
  load: (ref: string) => Promise<React.ReactNode>;
};

/** The open pages of one kind, by ref. */
export class Pages {
  constructor(private readonly _options: PagesOptions) {
    this._tracker = new WidgetTracker<MainAreaWidget<PageBody>>({ namespace: _options.namespace });
    void _options.restorer?.restore(this._tracker, {
      command: _options.command,
      args: widget => ({ ref: this._refs.get(widget) ?? '', title: widget.title.label }),
      name: widget => this._refs.get(widget) ?? ''
    });
  }

  /** Open the page of a ref, or bring it to the front. */
  open(ref: string, title: string): void {
    const { app, icon, load, trans, namespace } = this._options;
    let page = this._tracker.find(widget => this._refs.get(widget) === ref);
    if (!page) {
      const content = new PageBody(() => load(ref), trans);
      page = new MainAreaWidget({ content });
      page.id = `${namespace}:${ref}`;
      page.toolbar.hide();
      page.title.icon = icon;
      page.title.label = title;
      page.title.caption = ref;
      page.title.closable = true;
      this._refs.set(page, ref);
      app.shell.add(page, 'main');
      void this._tracker.add(page);
    }
    app.shell.activateById(page.id);
  }

  private readonly _tracker: WidgetTracker<MainAreaWidget<PageBody>>;
  private readonly _refs = new WeakMap<MainAreaWidget<PageBody>, string>();
}
