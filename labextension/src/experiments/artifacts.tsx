// What a run kept: its pictures, and a list of its files.

import * as React from 'react';

import type { IClient, Schemas } from '../api/client';
import { useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { bytes } from '../ui/format';
import { Empty, Link } from '../ui/parts';
import { attempt } from '../ui/say';
import { Table } from '../ui/table';
import { useFeed } from '../ui/usefeed';
import type { Run } from './tokens';

type Artifact = Schemas['Artifact'];

/** Larger pictures are only listed. */
const LARGEST = 8_000_000;

/** The address of a file that a run kept. */
export function addressOf(run: string, path: string): string {
  const parts = path.split('/').map(encodeURIComponent).join('/');
  return `/experiments/runs/${encodeURIComponent(run)}/artifacts/${parts}`;
}

/** Pictures first, then all files. */
export function Artifacts(props: { run: Run; client: IClient }): React.JSX.Element {
  const trans = useTrans();
  const { client, run } = props;
  const feed = useFeed<Artifact[]>(
    {
      name: 'perijove:artifacts',
      fetch: () => client.call('get', '/experiments/runs/{id}/artifacts', { path: { id: run.id } })
    },
    [client, run]
  );
  const isPicture = (file: Artifact): boolean =>
    /^image\/(png|jpeg|gif|webp)$/.test(file.mediaType) && file.bytes <= LARGEST;
  return (
    <FeedView
      feed={feed}
      isEmpty={files => files.length === 0}
      empty={<Empty text={trans.__('The run kept no files.')} />}
    >
      {files => (
        <>
          {files.filter(isPicture).map(file => (
            <Picture key={file.path} {...props} file={file} />
          ))}
          <Table
            label={trans.__('Files')}
            wide
            rows={files}
            rowKey={file => file.path}
            columns={[
              {
                title: trans.__('File'),
                cell: file => (
                  <Link
                    label={file.path}
                    title={trans.__('Download')}
                    onClick={() => void download(client, run.id, file)}
                  />
                )
              },
              { title: trans.__('Kind'), cell: file => file.mediaType, width: '180px' },
              { title: trans.__('Size'), cell: file => bytes(file.bytes), num: true, width: '90px' }
            ]}
          />
        </>
      )}
    </FeedView>
  );
}

function Picture(props: { run: Run; client: IClient; file: Artifact }): React.JSX.Element {
  const trans = useTrans();
  const { run, client, file } = props;
  const [source, setSource] = React.useState<string>();
  const [broken, setBroken] = React.useState(false);
  React.useEffect(() => {
    let address: string | undefined;
    client.file(addressOf(run.id, file.path)).then(
      content => {
        address = URL.createObjectURL(new Blob([content], { type: file.mediaType }));
        setSource(address);
      },
      () => setBroken(true)
    );
    return () => URL.revokeObjectURL(address ?? '');
  }, [client, run.id, file.path]);
  return (
    <figure className="pj-Experiments-picture">
      <figcaption className="pj-Dim">{file.path}</figcaption>
      {broken ? (
        <Empty text={trans.__('The picture could not be read.')} />
      ) : (
        source && <img src={source} alt={file.path} />
      )}
    </figure>
  );
}

async function download(client: IClient, run: string, file: Artifact): Promise<void> {
  const content = await attempt(() => client.file(addressOf(run, file.path)));
  if (content) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(content);
    link.download = file.path.split('/').at(-1) ?? file.path;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}
