// The Data section: a search box over the tree of sources and datasets.

import { addIcon, closeIcon, codeIcon, InputGroup, refreshIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

import type { ISection, SectionAction } from '../panel/tokens';
import type { ITasks } from '../tasks/tokens';
import { useSignal, useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { short } from '../ui/format';
import { datasetIcon, sourceIcon } from '../ui/icons';
import { List, Row, type RowAction } from '../ui/list';
import { Empty, Notice, Skeleton, Trouble } from '../ui/parts';
import { SignMark, type Sign } from '../ui/state';
import { TaskRow } from '../ui/taskrow';
import { CommandIDs } from './commands';
import type { CatalogModel } from './model';
import type { DatasetRow, Hit, Source } from './tokens';

const SIGNS: Record<Source['state'], Sign> = {
  new: 'off',
  scanning: 'busy',
  live: 'dot',
  failed: 'bad'
};

type Deps = { model: CatalogModel; tasks: ITasks; commands: CommandRegistry };

/** The Data section. */
export class CatalogSection implements ISection {
  constructor(
    private readonly _deps: Deps,
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
function Catalog(props: Deps): React.JSX.Element {
  const trans = useTrans();
  const { model, tasks } = props;
  useSignal(model.changed);
  useSignal(tasks.changed);
  const scans = tasks.running.filter(
    task => task.kind.startsWith('catalog') || task.ref.startsWith('source:')
  );
  return (
    <div className="pj-Catalog">
      <SearchBox model={model} />
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
    </div>
  );
}

function SearchBox(props: { model: CatalogModel }): React.JSX.Element {
  const trans = useTrans();
  const [text, setText] = React.useState(props.model.query);
  const timer = React.useRef<number>();
  const change = (value: string, wait: number): void => {
    setText(value);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => void props.model.search(value), wait);
  };
  return (
    <div className="pj-Search-box">
      <InputGroup
        type="search"
        aria-label={trans.__('Search datasets')}
        placeholder={trans.__('Name or column')}
        rightIcon={text ? undefined : 'ui-components:search'}
        value={text}
        onChange={event => change((event.target as HTMLInputElement).value, 250)}
        onKeyDown={event => event.key === 'Escape' && change('', 0)}
      />
    </div>
  );
}

function useRowActions(props: Deps, ref: string): { actions: RowAction[]; onOpen: () => void } {
  const trans = useTrans();
  const insert = (): void => void props.commands.execute(CommandIDs.insertLoadCode, { ref });
  return {
    actions: [{ icon: codeIcon, label: trans.__('Insert load code'), onClick: insert }],
    onOpen: () => void props.commands.execute(CommandIDs.openDataset, { ref })
  };
}

function Tree(props: Deps & { sources: Source[] }): React.JSX.Element {
  const trans = useTrans();
  return (
    <List label={trans.__('Sources and datasets')} tree>
      {props.sources.map(source => (
        <SourceRows key={source.name} {...props} source={source} />
      ))}
    </List>
  );
}

function SourceRows(props: Deps & { source: Source }): React.JSX.Element {
  const trans = useTrans();
  const { model, source, commands } = props;
  const open = model.isOpen(source.name);
  const problem = model.problem(source.name);
  const words = {
    new: trans.__('not scanned'),
    scanning: trans.__('scanning'),
    live: trans.__('live'),
    failed: trans.__('failed')
  };
  const scan = {
    label: trans.__('Scan again'),
    onClick: () => void commands.execute(CommandIDs.scan, { name: source.name })
  };
  const actions = [
    { icon: refreshIcon, ...scan },
    {
      icon: closeIcon,
      label: trans.__('Remove source…'),
      onClick: () => void commands.execute(CommandIDs.removeSource, { name: source.name })
    }
  ];
  return (
    <>
      <Row
        id={`source:${source.name}`}
        icon={sourceIcon}
        name={source.name}
        tip={source.uri}
        state={<SignMark sign={SIGNS[source.state]} label={words[source.state]} />}
        meta={short(source.datasets)}
        actions={actions}
        tree
        expanded={open}
        onToggle={() => void model.toggle(source.name)}
        className="pj-Catalog-source"
      />
      {source.state === 'failed' && (
        <Notice
          sign="bad"
          title={trans.__('%1 could not be scanned', source.name)}
          actions={[scan]}
        >
          {source.problem}
        </Notice>
      )}
      {open && problem && <Trouble error={problem} />}
      {open && !problem && <Datasets {...props} rows={model.datasets(source.name)} />}
    </>
  );
}

function Datasets(props: Deps & { rows: readonly DatasetRow[] | undefined }): React.JSX.Element {
  const trans = useTrans();
  if (!props.rows) {
    return <Skeleton label={trans.__('Loading')} />;
  }
  return (
    <>
      {props.rows.map(row => (
        <DatasetLine key={row.ref} {...props} row={row} />
      ))}
    </>
  );
}

function DatasetLine(props: Deps & { row: DatasetRow }): React.JSX.Element {
  const trans = useTrans();
  const { row } = props;
  const offers = useRowActions(props, row.ref);
  const facts = trans.__('%1, %2 columns', row.format, String(row.columnCount));
  return (
    <Row
      id={row.ref}
      icon={datasetIcon}
      name={row.name}
      tip={`${row.name}: ${facts}`}
      meta={short(row.rows)}
      level={1}
      tree
      className="pj-Catalog-dataset"
      {...offers}
    />
  );
}

function Hits(props: Deps): React.JSX.Element {
  const trans = useTrans();
  const { model } = props;
  if (model.searchError) {
    return <Trouble error={model.searchError} />;
  }
  if (!model.hits) {
    return <Skeleton label={trans.__('Searching')} />;
  }
  if (model.hits.length === 0) {
    return (
      <Empty text={trans.__('No dataset and no column is named like “%1”.', model.query.trim())} />
    );
  }
  return (
    <List label={trans.__('Datasets found')}>
      {model.hits.map(hit => (
        <HitLine key={hit.ref} {...props} hit={hit} />
      ))}
    </List>
  );
}

function HitLine(props: Deps & { hit: Hit }): React.JSX.Element {
  const { hit } = props;
  const offers = useRowActions(props, hit.ref);
  return (
    <Row
      id={hit.ref}
      icon={datasetIcon}
      name={hit.name}
      tip={hit.snippet}
      meta={hit.snippet || hit.source}
      className="pj-Catalog-hit"
      {...offers}
    />
  );
}
