// The Data section: a search box over the tree of sources and datasets.

import { addIcon, InputGroup, refreshIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

import type { ISection, SectionAction } from '../panel/tokens';
import { useSignal, useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { Empty } from '../ui/parts';
import { TaskRow } from '../ui/taskrow';
import { CommandIDs } from './commands';
import { Hits } from './hits';
import { type FrameDeps, Frames } from './frames';
import { Tree } from './rows';

/** The Data section. */
export class CatalogSection implements ISection {
  constructor(
    private readonly _deps: FrameDeps,
    private readonly _trans: TranslationBundle
  ) {
    this.title = _trans.__('Data');
    this.actions = [
      { icon: addIcon, label: _trans.__('Add a source'), command: CommandIDs.addSource },
      { icon: refreshIcon, label: _trans.__('Refresh data'), command: CommandIDs.refresh }
    ];
  }

  readonly id = 'catalog';
  readonly title: string;
  readonly rank = 10;
  readonly weight = 3;
  readonly actions: SectionAction[];

  get changed(): ISignal<unknown, void> {
    return this._deps.model.changed;
  }

  count(): number | undefined {
    return this._deps.model.total;
  }

  summary(): string {
    const sources = this._deps.model.sources.value ?? [];
    const failed = sources.filter(source => source.state === 'failed').length;
    return failed
      ? this._trans._n('%1 failed', '%1 failed', failed)
      : this._trans._n('%1 source', '%1 sources', sources.length);
  }

  render(): React.JSX.Element {
    return <Catalog {...this._deps} />;
  }

  wake(): void {
    this._deps.model.sources.wake();
  }

  sleep(): void {
    this._deps.model.sources.sleep();
  }
}

/** Search box, running scans, and below them hits or the tree. */
function Catalog(props: FrameDeps): React.JSX.Element {
  const trans = useTrans();
  const { model, tasks } = props;
  const frame = React.useRef<HTMLDivElement>(null);
  useSignal(model.changed);
  useSignal(tasks.changed);
  const scans = tasks.running.filter(
    task => task.kind.startsWith('catalog') || task.ref.startsWith('source:')
  );
  return (
    <div className="pj-Catalog" ref={frame}>
      <SearchBox {...props} toHits={() => firstRow(frame.current)?.focus()} />
      {scans.map(task => (
        <TaskRow key={task.id} task={task} cancel={id => void tasks.cancel(id)} />
      ))}
      {model.query.trim() ? (
        <Hits {...props} />
      ) : (
        <FeedView
          feed={model.sources}
          isEmpty={sources => sources.length === 0}
          empty={
            <Empty
              text={trans.__('No sources yet. A source is a folder, a bucket or a database.')}
              actions={[
                {
                  label: trans.__('Add a source…'),
                  onClick: () => void props.commands.execute(CommandIDs.addSource)
                }
              ]}
            />
          }
        >
          {sources => <Tree {...props} sources={sources} />}
        </FeedView>
      )}
      {!model.query.trim() && <Frames {...props} />}
    </div>
  );
}

function firstRow(frame: HTMLElement | null): HTMLElement | null {
  return frame?.querySelector<HTMLElement>('.pj-Row[data-ref]') ?? null;
}

/** The box: down goes to what was found, Enter opens the first hit, Ctrl Enter inserts its code. */
function SearchBox(props: FrameDeps & { toHits: () => void }): React.JSX.Element {
  const trans = useTrans();
  const { model, commands } = props;
  const [text, setText] = React.useState(model.query);
  const timer = React.useRef<number>();
  const change = (value: string, wait: number): void => {
    setText(value);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => void model.search(value), wait);
  };
  const keys = (event: React.KeyboardEvent): void => {
    const first = model.query === text ? model.hits?.[0] : undefined;
    if (event.key === 'Escape') {
      change('', 0);
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      props.toHits();
    } else if (event.key === 'Enter' && first) {
      const command = event.ctrlKey ? CommandIDs.insertLoadCode : CommandIDs.openDataset;
      void commands.execute(command, { ref: first.ref, title: first.name });
    }
  };
  return (
    <div className="pj-Search-box">
      <InputGroup
        type="search"
        aria-label={trans.__('Search datasets')}
        placeholder={trans.__('Name, column, owner, tag')}
        rightIcon={text ? undefined : 'ui-components:search'}
        value={text}
        onChange={event => change((event.target as HTMLInputElement).value, 200)}
        onKeyDown={keys}
      />
    </div>
  );
}
