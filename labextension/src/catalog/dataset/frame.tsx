// The page of a dataframe in a live kernel: its rows, ordered and filtered where it is.

import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IClient } from '../../api/client';
import { useTrans } from '../../ui/context';
import { datasetIcon } from '../../ui/icons';
import { Icon, IconButton } from '../../ui/parts';
import { GridView } from '../grid/view';
import { Windows } from '../grid/windows';

/** The page of a frame, by its ref `frame:<kernel>/<variable>`. */
export function framePage(ref: string, client: IClient): React.ReactNode {
  return <FramePage id={ref} client={client} />;
}

function FramePage(props: { id: string; client: IClient }): React.JSX.Element {
  const trans = useTrans();
  const { client, id } = props;
  const [kernel, name] = id.slice(id.indexOf(':') + 1).split('/');
  const windows = React.useMemo(
    () =>
      new Windows(window =>
        client.call('post', '/catalog/frames/look', { body: { kernel, name, window } })
      ),
    [client, kernel, name]
  );
  return (
    <div className="pj-DatasetPage pj-FramePage">
      <div className="pj-Toolbar" role="toolbar" aria-label={trans.__('Dataframe')}>
        <IconButton
          icon={refreshIcon}
          label={trans.__('Refresh')}
          onClick={() => windows.again()}
        />
      </div>
      <div className="pj-Head">
        <h1>
          <Icon icon={datasetIcon} />
          {name}
          <span className="pj-Dim">{trans.__('in the memory of a live kernel')}</span>
        </h1>
      </div>
      <div className="pj-Tab-body">
        <GridView windows={windows} label={trans.__('Rows of %1', name)} />
      </div>
    </div>
  );
}
