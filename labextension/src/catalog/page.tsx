// A dataset's page: its facts, then schema, preview and lineage; a button inserts code that loads it.

import { caretDownIcon, refreshIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';
import * as React from 'react';

import type { IClient, Schemas } from '../api/client';
import type { IOpener } from '../api/opener';
import { Lineage } from '../lineage/view';
import type { INotebooks } from '../notebook/tokens';
import { useSignal, useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { bytes, cell, count, moment } from '../ui/format';
import { datasetIcon } from '../ui/icons';
import { Icon, IconButton } from '../ui/parts';
import { Table } from '../ui/table';
import { Tabs } from '../ui/tabs';
import { useFeed } from '../ui/usefeed';
import { Calls } from './calls';
import { CommandIDs } from './commands';
import { GridView } from './grid/view';
import { Windows } from './grid/windows';
import type { CatalogModel } from './model';
import { type Engine, ENGINES } from './tokens';

type Dataset = Schemas['Dataset'];
type Props = {
  id: string;
  client: IClient;
  model: CatalogModel;
  opener: IOpener;
  notebooks: INotebooks;
  commands: CommandRegistry;
};
type Inner = Props & { dataset: Dataset };

/** The page of a dataset. */
export function datasetPage(props: Props): React.ReactNode {
  return <DatasetPage {...props} />;
}

function DatasetPage(props: Props): React.JSX.Element {
  const { client, id } = props;
  const feed = useFeed<Dataset>(
    {
      name: 'perijove:dataset',
      fetch: () => client.call('get', '/catalog/dataset', { query: { ref: id } })
    },
    [client, id]
  );
  return (
    <FeedView feed={feed}>
      {dataset => <Body {...props} dataset={dataset} refresh={() => void feed.refresh()} />}
    </FeedView>
  );
}

function Body(props: Inner & { refresh: () => void }): React.JSX.Element {
  const trans = useTrans();
  const { client, dataset } = props;
  const windows = React.useMemo(() => {
    const calls = new Calls(client);
    return new Windows(window => calls.look(dataset.ref, window));
  }, [client, dataset.ref]);
  return (
    <div className="pj-DatasetPage">
      <div className="pj-Toolbar" role="toolbar" aria-label={trans.__('Dataset')}>
        <IconButton icon={refreshIcon} label={trans.__('Refresh')} onClick={props.refresh} />
        <span className="pj-Spacer" />
        <InsertButton {...props} />
      </div>
      <Head dataset={dataset} />
      <Tabs
        label={trans.__('Parts of the dataset')}
        tabs={[
          { id: 'schema', title: trans.__('Schema'), render: () => <SchemaTab {...props} /> },
          {
            id: 'preview',
            title: trans.__('Preview'),
            render: () => <PreviewTab windows={windows} />
          },
          {
            id: 'lineage',
            title: trans.__('Lineage'),
            render: () => (
              <Lineage center={dataset.ref} client={props.client} opener={props.opener} />
            )
          }
        ]}
      />
    </div>
  );
}

function Head(props: { dataset: Dataset }): React.JSX.Element {
  const trans = useTrans();
  const { dataset } = props;
  const facts: [string, string][] = [
    [trans.__('Format'), dataset.format],
    [trans.__('Rows'), count(dataset.rows)],
    [trans.__('Size'), bytes(dataset.bytes)],
    [trans.__('Columns'), count(dataset.columns.length)],
    [trans.__('Changed'), moment(dataset.modifiedAt)],
    [trans.__('Where'), dataset.uri]
  ];
  return (
    <div className="pj-Head">
      <h1>
        <Icon icon={datasetIcon} />
        {dataset.name}
        <span className="pj-Dim">{dataset.source}</span>
        {dataset.tags.map(tag => (
          <span className="pj-Tag" key={tag}>
            {tag}
          </span>
        ))}
      </h1>
      <div className="pj-Meta">
        {facts.map(([label, value]) => (
          <span key={label}>
            <span className="pj-Dim">{label}</span>
            <span className="pj-Meta-value" title={value}>
              {value}
            </span>
          </span>
        ))}
      </div>
    </div>
  );
}

function InsertButton(props: Inner): React.JSX.Element {
  const trans = useTrans();
  const { commands, dataset, model, notebooks } = props;
  useSignal(notebooks.changed);
  const [engine, setEngine] = React.useState<Engine>(model.engine);
  const label = (name: Engine): string => trans.__('Insert %1 code', name);
  const insert = (name: Engine): void => {
    setEngine(name);
    void commands.execute(CommandIDs.insertLoadCode, { ref: dataset.ref, engine: name });
  };
  const open = (event: React.MouseEvent): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const menu = new Menu({ commands });
    for (const name of ENGINES) {
      menu.addItem({
        command: CommandIDs.insertLoadCode,
        args: { ref: dataset.ref, engine: name, label: label(name) }
      });
    }
    menu.aboutToClose.connect(() => setTimeout(() => menu.dispose(), 0));
    menu.open(box.right - 180, box.bottom);
  };
  return (
    <>
      <span className="pj-Dim">
        {notebooks.path ? trans.__('into %1', notebooks.path) : trans.__('no notebook is open')}
      </span>
      <span className="pj-Split">
        <button type="button" className="pj-Btn pj-mod-primary" onClick={() => insert(engine)}>
          {label(engine)}
        </button>
        <button
          type="button"
          className="pj-Btn pj-mod-primary"
          aria-label={trans.__('Other engines')}
          aria-haspopup="menu"
          onClick={open}
        >
          <Icon icon={caretDownIcon} />
        </button>
      </span>
    </>
  );
}

function SchemaTab(props: Inner): React.JSX.Element {
  const trans = useTrans();
  const [filter, setFilter] = React.useState('');
  const rows = props.dataset.columns.filter(column =>
    column.name.toLowerCase().includes(filter.toLowerCase())
  );
  const total = props.dataset.rows;
  const empty = (nulls: number | null | undefined): string =>
    nulls === null || nulls === undefined || !total
      ? '–'
      : `${Number(((nulls / total) * 100).toFixed(2))} %`;
  return (
    <>
      <div className="pj-Filter">
        <input
          type="search"
          className="pj-In"
          aria-label={trans.__('Filter columns')}
          placeholder={trans.__('Filter %1 columns', String(props.dataset.columns.length))}
          value={filter}
          onChange={event => setFilter(event.target.value)}
        />
        <span className="pj-Note">
          {trans.__('Least, greatest and empty as the file or the database itself tells.')}
        </span>
      </div>
      <Table
        label={trans.__('Schema')}
        wide
        rows={rows}
        rowKey={column => column.name}
        columns={[
          { title: trans.__('Column'), cell: column => column.name },
          { title: trans.__('Type'), cell: column => <code>{column.type}</code> },
          {
            title: trans.__('May be empty'),
            cell: column => (column.nullable ? trans.__('yes') : trans.__('no')),
            width: '110px'
          },
          {
            title: trans.__('Empty'),
            cell: column => empty(column.nulls),
            num: true,
            width: '90px'
          },
          { title: trans.__('Least'), cell: column => cell(column.min), num: true },
          { title: trans.__('Greatest'), cell: column => cell(column.max), num: true }
        ]}
      />
    </>
  );
}

function PreviewTab(props: { windows: Windows }): React.JSX.Element {
  const trans = useTrans();
  return <GridView windows={props.windows} label={trans.__('Preview')} />;
}
