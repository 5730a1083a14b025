// The Search section: one box for everything, hits in the order the server ranks them.

import type { TranslationBundle } from '@jupyterlab/translation';
import { codeIcon, InputGroup } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { type ISignal, Signal } from '@lumino/signaling';
import * as React from 'react';

import type { IOpener } from '../api/opener';
import type { ICatalog } from '../catalog/tokens';
import { grabCode } from '../notebook/drag';
import type { ISection, SectionAction } from '../panel/tokens';
import { useSignal, useTrans } from '../ui/context';
import { iconOf } from '../ui/icons';
import { List, Row } from '../ui/list';
import { Empty, Skeleton, Trouble } from '../ui/parts';
import { byKind, type SearchModel } from './model';
import type { Found } from './tokens';

const INSERT = 'catalog:insert-load-code';

type Deps = {
  model: SearchModel;
  opener: IOpener;
  commands: CommandRegistry;
  catalog: ICatalog | null;
  focused: ISignal<unknown, void>;
};

/** The Search section. */
export class SearchSection implements ISection {
  constructor(
    private readonly _deps: Omit<Deps, 'focused'>,
    trans: TranslationBundle
  ) {
    this.title = trans.__('Search');
  }

  readonly id = 'search';
  readonly title: string;
  readonly rank = 50;
  readonly weight = 1.4;
  readonly actions: SectionAction[] = [];

  get changed(): ISignal<unknown, void> {
    return this._deps.model.changed;
  }

  count(): undefined {
    return undefined;
  }

  summary(): string {
    return this._deps.model.query;
  }

  render(): React.JSX.Element {
    return <Search {...this._deps} focused={this._focused} />;
  }

  /** Put the cursor into the box. */
  focus(): void {
    this._focused.emit();
  }

  wake(): void {
    // It asks nothing by itself.
  }

  sleep(): void {
    // It asks nothing by itself.
  }

  private readonly _focused = new Signal<this, void>(this);
}

function Search(props: Deps): React.JSX.Element {
  const { model, focused } = props;
  const frame = React.useRef<HTMLDivElement>(null);
  useSignal(model.changed);
  React.useEffect(() => {
    const focus = (): void => frame.current?.querySelector('input')?.select();
    focused.connect(focus);
    return () => {
      focused.disconnect(focus);
    };
  }, [focused]);
  return (
    <div className="pj-Search" ref={frame}>
      <Box
        {...props}
        toHits={() => frame.current?.querySelector<HTMLElement>('.pj-Row[data-ref]')?.focus()}
      />
      <Hits {...props} />
    </div>
  );
}

function Box(props: Deps & { toHits: () => void }): React.JSX.Element {
  const trans = useTrans();
  const { model, opener } = props;
  const [text, setText] = React.useState(model.query);
  const timer = React.useRef<number>();
  const change = (value: string, wait: number): void => {
    setText(value);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => void model.search(value), wait);
  };
  const keys = (event: React.KeyboardEvent): void => {
    const first = model.hits?.[0];
    if (event.key === 'Escape') {
      change('', 0);
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      props.toHits();
    } else if (event.key === 'Enter' && first && model.query === text) {
      opener.open(first.ref);
    }
  };
  return (
    <div className="pj-Search-box">
      <InputGroup
        type="search"
        aria-label={trans.__('Search everything')}
        placeholder={trans.__('Everything (Alt Shift P)')}
        value={text}
        onChange={event => change((event.target as HTMLInputElement).value, 250)}
        onKeyDown={keys}
      />
    </div>
  );
}

function Hits(props: Deps): React.JSX.Element | null {
  const trans = useTrans();
  const { model } = props;
  if (model.error) {
    return <Trouble error={model.error} />;
  }
  if (!model.query.trim()) {
    return null;
  }
  if (!model.hits) {
    return <Skeleton label={trans.__('Searching')} />;
  }
  if (model.hits.length === 0) {
    return <Empty text={trans.__('Nothing named “%1” that you may see.', model.query.trim())} />;
  }
  const kinds = byKind(model.hits).map(([kind, count]) => `${kind} ${count}`);
  return (
    <>
      <div className="pj-Sub">
        <span>{kinds.join(', ')}</span>
        <span className="pj-Num">{`${model.took} ms`}</span>
      </div>
      <List label={trans.__('Found')}>
        {model.hits.map(hit => (
          <HitLine key={hit.ref} {...props} hit={hit} />
        ))}
      </List>
    </>
  );
}

function HitLine(props: Deps & { hit: Found }): React.JSX.Element {
  const trans = useTrans();
  const { hit, opener, commands, catalog } = props;
  const { ref } = hit;
  const insert = (): void => void commands.execute(INSERT, { ref });
  const inserts = hit.kind === 'dataset' && commands.hasCommand(INSERT);
  return (
    <Row
      id={ref}
      icon={iconOf(hit.kind)}
      name={hit.title}
      tip={hit.snippet || ref}
      meta={hit.kind}
      actions={
        inserts ? [{ icon: codeIcon, label: trans.__('Insert load code'), onClick: insert }] : []
      }
      onOpen={() => opener.open(ref)}
      onInsert={inserts ? insert : undefined}
      onGrab={
        inserts && catalog
          ? event => grabCode(event, hit.title, () => catalog.code({ ref }))
          : undefined
      }
      className="pj-Search-hit"
    />
  );
}
