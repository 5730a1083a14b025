// The head of a dataset's page: its name, tags and the facts one wants at once.

import * as React from 'react';

import type { Feed } from '../../api/feed';
import type { IOpener } from '../../api/opener';
import { useSignal, useTrans } from '../../ui/context';
import { bytes, count, moment } from '../../ui/format';
import { datasetIcon } from '../../ui/icons';
import { Icon, Link, Notice } from '../../ui/parts';
import { SignMark } from '../../ui/state';
import type { Dataset, Uses, Version, Versions } from '../wire';
import type { DatasetModel } from './model';
import { shortId } from './versions';

type HeadProps = {
  dataset: Dataset;
  page: DatasetModel;
  versions: Feed<Versions>;
  uses: Feed<Uses>;
  opener: IOpener;
};

/** Formats whose tables keep their versions, so that one can look at an earlier one. */
const KEEPERS: readonly string[] = ['delta', 'iceberg'];

/** Name, tags and facts. */
export function Head(props: HeadProps): React.JSX.Element {
  const trans = useTrans();
  const { dataset, page, versions } = props;
  useSignal(versions.changed);
  const newest = versions.value?.versions[0];
  const pinned = versions.value?.versions.find(version => version.id === page.version);
  const columns = pinned ? page.profile?.columns.length : dataset.columns.length;
  const facts: [string, React.ReactNode, string?][] = [
    [trans.__('Format'), dataset.format],
    [trans.__('Rows'), count((pinned ?? dataset).rows)],
    [trans.__('Size'), bytes((pinned ?? dataset).bytes)],
    [trans.__('Columns'), count(columns)],
    [trans.__('Changed'), moment(pinned?.at ?? dataset.modifiedAt ?? newest?.at)],
    [trans.__('Where'), dataset.uri, dataset.uri]
  ];
  if (dataset.owners.length > 0) {
    facts.splice(5, 0, [trans.__('Owner'), dataset.owners.join(', ')]);
  }
  if (newest) {
    facts.splice(4, 0, [
      trans.__('Version'),
      <VersionFact key="version" {...props} versions={versions.value?.versions ?? []} />,
      page.version || newest.id
    ]);
  }
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
        {facts.map(([label, value, tip]) => (
          <span key={label}>
            <span className="pj-Dim">{label}</span>
            <span className="pj-Meta-value" title={tip}>
              {value}
            </span>
          </span>
        ))}
      </div>
      {dataset.problem && (
        <Notice sign="bad" title={trans.__('It cannot be read')}>
          {dataset.problem}
        </Notice>
      )}
      {page.version && <Pinned page={page} />}
      <SinceRead {...props} changedAt={newest?.at ?? dataset.modifiedAt} />
    </div>
  );
}

/** That an earlier version is looked at, and the way back. */
function Pinned(props: { page: DatasetModel }): React.JSX.Element {
  const trans = useTrans();
  const { page } = props;
  return (
    <Notice
      sign="changed"
      title={trans.__('You look at version %1', shortId(page.version))}
      actions={[{ label: trans.__('Back to the present one'), onClick: () => page.pin('') }]}
    >
      {trans.__('Schema, preview, profile and load code are of this version.')}
    </Notice>
  );
}

/** The version: a choice where the table keeps its versions, else a way to those that were seen. */
function VersionFact(props: {
  dataset: Dataset;
  page: DatasetModel;
  versions: readonly Version[];
}): React.JSX.Element {
  const trans = useTrans();
  const { dataset, page, versions } = props;
  if (!KEEPERS.includes(dataset.format) || versions.length < 2) {
    return <Link label={shortId(versions[0].id)} onClick={() => page.show('versions')} />;
  }
  return (
    <select
      className="pj-In pj-Version"
      aria-label={trans.__('Version to look at')}
      value={page.version || versions[0].id}
      onChange={event => page.pin(event.target.value === versions[0].id ? '' : event.target.value)}
    >
      {versions.map((version, index) => (
        <option key={version.id} value={version.id}>
          {index === 0
            ? trans.__('%1, the present one', shortId(version.id))
            : `${shortId(version.id)}, ${moment(version.at)}`}
        </option>
      ))}
    </select>
  );
}

/** A line where the data is newer than what the last cell that read it saw. */
function SinceRead(
  props: HeadProps & { changedAt: string | null | undefined }
): React.JSX.Element | null {
  const trans = useTrans();
  const { changedAt, opener, uses } = props;
  useSignal(uses.changed);
  const read = uses.value?.uses.find(use => use.kind === 'cell' && use.how.includes('reads'));
  if (!read?.at || !changedAt || new Date(changedAt) <= new Date(read.at)) {
    return null;
  }
  return (
    <div className="pj-State pj-Note pj-Since">
      <SignMark sign="changed" />
      {trans.__('Changed since it was last read, %1, by', moment(read.at))}
      <Link label={read.name} title={read.ref} onClick={() => opener.open(read.ref)} />
    </div>
  );
}
