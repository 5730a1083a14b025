// The versions of a dataset: pick one to see what came with it, or two to see what differs between them.

import * as React from 'react';

import type { Feed } from '../../api/feed';
import { useTrans } from '../../ui/context';
import { FeedView } from '../../ui/feedview';
import { bytes, count, moment } from '../../ui/format';
import { Button, Empty, Skeleton, Trouble } from '../../ui/parts';
import { State } from '../../ui/state';
import { Table } from '../../ui/table';
import { attempt } from '../../ui/say';
import { useFeed } from '../../ui/usefeed';
import { CommandIDs } from '../commands';
import type { Diff, Version, Versions } from '../wire';
import { DiffView } from './diff';
import type { TabProps } from './page';

/** The versions tab. */
export function VersionsTab(props: TabProps & { feed: Feed<Versions> }): React.JSX.Element {
  const trans = useTrans();
  return (
    <FeedView
      feed={props.feed}
      isEmpty={found => found.versions.length === 0}
      empty={<Empty text={trans.__('No versions are known. They are kept as scans see them.')} />}
    >
      {found => <List {...props} versions={found.versions} note={found.note ?? ''} />}
    </FeedView>
  );
}

function List(props: TabProps & { versions: Version[]; note: string }): React.JSX.Element {
  const trans = useTrans();
  const { versions, note } = props;
  const [picked, setPicked] = React.useState<string[]>([]);
  const pick = (id: string): void =>
    setPicked(now => (now.includes(id) ? now.filter(one => one !== id) : [...now, id].slice(-2)));
  // The list is newest first, so what stands lower is the earlier one.
  const place = (id: string): number => versions.findIndex(version => version.id === id);
  const [after, before] = [...picked].sort((a, b) => place(a) - place(b));
  return (
    <>
      <div className="pj-Filter">
        <span className="pj-Note">
          {note || trans._n('%1 version', '%1 versions', versions.length)}
        </span>
        <span className="pj-Spacer" />
        <span className="pj-Note">
          {picked.length === 2 ? '' : trans.__('Tick two versions to compare them')}
        </span>
      </div>
      <VersionTable {...props} picked={picked} pick={pick} />
      {before && <Compared {...props} key={`${before} ${after}`} before={before} after={after} />}
    </>
  );
}

function VersionTable(
  props: TabProps & { versions: Version[]; picked: string[]; pick: (id: string) => void }
): React.JSX.Element {
  const trans = useTrans();
  const { versions, picked, pick, commands, dataset } = props;
  const insert = (version: string): void =>
    void attempt(() => commands.execute(CommandIDs.insertLoadCode, { ref: dataset.ref, version }));
  const what = (version: Version): React.ReactNode => {
    const text = [version.operation, version.detail].filter(Boolean).join(', ');
    return <span title={text}>{text}</span>;
  };
  return (
    <Table
      label={trans.__('Versions')}
      wide
      rows={versions}
      rowKey={version => version.id}
      columns={[
        {
          title: trans.__('Version'),
          cell: version => (
            <Tick id={version.id} ticked={picked.includes(version.id)} pick={pick} />
          ),
          width: '130px'
        },
        {
          title: trans.__('State'),
          cell: version => version.current && <State sign="dot" word={trans.__('present')} />,
          width: '90px'
        },
        { title: trans.__('When'), cell: version => moment(version.at), width: '140px' },
        {
          title: trans.__('Rows'),
          cell: version => count(version.rows),
          num: true,
          width: '110px'
        },
        {
          title: trans.__('Size'),
          cell: version => bytes(version.bytes),
          num: true,
          width: '90px'
        },
        { title: trans.__('What'), cell: what },
        { title: trans.__('Who'), cell: version => version.who ?? '', width: '120px' },
        {
          title: trans.__('Code'),
          cell: version => (
            <Button plain label={trans.__('Insert')} onClick={() => insert(version.id)} />
          ),
          width: '80px'
        }
      ]}
    />
  );
}

function Tick(props: {
  id: string;
  ticked: boolean;
  pick: (id: string) => void;
}): React.JSX.Element {
  const trans = useTrans();
  const { id, ticked, pick } = props;
  return (
    <label className="pj-Check" title={id}>
      <input
        type="checkbox"
        checked={ticked}
        aria-label={trans.__('Compare version %1', id)}
        onChange={() => pick(id)}
      />
      {shortId(id)}
    </label>
  );
}

/** The beginning of a long id, for instance of a content hash. */
export function shortId(id: string): string {
  return id.length > 14 ? `${id.slice(0, 12)}…` : id;
}

function Compared(props: TabProps & { before: string; after: string }): React.JSX.Element {
  const trans = useTrans();
  const { page, before, after } = props;
  const feed = useFeed<Diff>(
    { name: 'perijove:diff', fetch: () => page.calls.diff(before, after) },
    [page, before, after]
  );
  return (
    <section className="pj-Diff" aria-label={trans.__('Differences')}>
      <FeedView feed={feed}>{diff => <DiffView diff={diff} />}</FeedView>
      {feed.loading && !feed.value && <Skeleton label={trans.__('Comparing')} />}
      {feed.error && !feed.value && <Trouble error={feed.error} />}
    </section>
  );
}
