// A dataset's page: its facts, then all about it in tabs; a button inserts code that loads it.

import { copyIcon, refreshIcon } from '@jupyterlab/ui-components';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { IClient } from '../../api/client';
import type { IOpener } from '../../api/opener';
import { Lineage } from '../../lineage/view';
import type { INotebooks } from '../../notebook/tokens';
import type { ITasks } from '../../tasks/tokens';
import { useSignal, useTrans } from '../../ui/context';
import { FeedView } from '../../ui/feedview';
import { lineageIcon } from '../../ui/icons';
import { Button, IconButton } from '../../ui/parts';
import { Tabs } from '../../ui/tabs';
import { useFeed } from '../../ui/usefeed';
import { Calls } from '../calls';
import { GridView } from '../grid/view';
import type { CatalogModel } from '../model';
import type { Dataset, Uses, Versions } from '../wire';
import { AccessTab } from './access';
import { Denied } from './denied';
import { Head } from './head';
import { InsertButton } from './insert';
import { DatasetModel, type Part } from './model';
import { OverviewTab } from './overview';
import { ProfileTab } from './profile';
import { SchemaTab } from './schema';
import { UsesTab } from './uses';
import { VersionsTab } from './versions';

/** What the page needs. */
export type PageDeps = {
  id: string;
  client: IClient;
  model: CatalogModel;
  opener: IOpener;
  notebooks: INotebooks;
  tasks: ITasks;
  rendermime: IRenderMimeRegistry | null;
  commands: CommandRegistry;
};

/** What the tabs get. */
export type TabProps = PageDeps & { dataset: Dataset; page: DatasetModel; refresh: () => void };

/** The page of a dataset. */
export function datasetPage(props: PageDeps): React.ReactNode {
  return <DatasetPage {...props} />;
}

function DatasetPage(props: PageDeps): React.JSX.Element {
  const { client, id } = props;
  const page = React.useMemo(() => new DatasetModel(new Calls(client, id)), [client, id]);
  React.useEffect(() => () => page.dispose(), [page]);
  const feed = useFeed<Dataset>({ name: 'perijove:dataset', fetch: () => page.calls.dataset() }, [
    page
  ]);
  useSignal(feed.changed);
  if (feed.error?.kind === 'NotAllowed') {
    return <Denied calls={page.calls} error={feed.error} retry={() => void feed.refresh()} />;
  }
  return (
    <FeedView feed={feed}>
      {dataset => (
        <Body {...props} page={page} dataset={dataset} refresh={() => void feed.refresh()} />
      )}
    </FeedView>
  );
}

function Body(props: TabProps): React.JSX.Element {
  const trans = useTrans();
  const { page } = props;
  useSignal(page.changed);
  const uses = useFeed<Uses>({ name: 'perijove:uses', fetch: () => page.calls.uses() }, [page]);
  const versions = useFeed<Versions>(
    { name: 'perijove:versions', fetch: () => page.calls.versions() },
    [page]
  );
  useSignal(uses.changed);
  const used = uses.value?.total;
  const parts: [Part, string, () => React.ReactNode][] = [
    ['overview', trans.__('Overview'), () => <OverviewTab {...props} />],
    ['schema', trans.__('Schema'), () => <SchemaTab {...props} />],
    [
      'preview',
      trans.__('Preview'),
      () => <GridView windows={page.windows} label={trans.__('Preview')} />
    ],
    ['profile', trans.__('Profile'), () => <ProfileTab {...props} />],
    ['versions', trans.__('Versions'), () => <VersionsTab {...props} feed={versions} />],
    ['lineage', trans.__('Lineage'), () => <LineageTab {...props} />],
    [
      'uses',
      used ? trans.__('Used by %1', String(used)) : trans.__('Used by'),
      () => <UsesTab {...props} feed={uses} />
    ],
    ['access', trans.__('Access'), () => <AccessTab {...props} />]
  ];
  const refresh = (): void => {
    props.refresh();
    void versions.refresh();
    void uses.refresh();
    void page.sample(true);
    page.windows.again();
  };
  return (
    <div className="pj-DatasetPage">
      <Toolbar {...props} refresh={refresh} />
      <Head {...props} versions={versions} uses={uses} />
      <Tabs
        label={trans.__('Parts of the dataset')}
        tabs={parts.map(([id, title, render]) => ({ id, title, render }))}
        chosen={page.part}
        onChoose={id => page.show(id as Part)}
      />
    </div>
  );
}

function Toolbar(props: TabProps): React.JSX.Element {
  const trans = useTrans();
  const { dataset, commands } = props;
  const lineage = (): void =>
    void commands.execute('lineage:open', { ref: dataset.ref, title: dataset.name });
  return (
    <div className="pj-Toolbar" role="toolbar" aria-label={trans.__('Dataset')}>
      <IconButton icon={refreshIcon} label={trans.__('Refresh')} onClick={props.refresh} />
      <span className="pj-Spacer" />
      <Button icon={lineageIcon} label={trans.__('Lineage')} plain onClick={lineage} />
      <Button
        icon={copyIcon}
        label={trans.__('Copy address')}
        plain
        onClick={() => void navigator.clipboard.writeText(dataset.uri)}
      />
      <InsertButton {...props} />
    </div>
  );
}

function LineageTab(props: TabProps): React.JSX.Element {
  const { dataset, page } = props;
  const asked = page.asked === undefined ? undefined : { ref: dataset.ref, column: page.asked };
  return <Lineage center={dataset.ref} client={props.client} opener={props.opener} asked={asked} />;
}
