// The head of a dataset's page: its name, tags and the facts one wants at once.

import * as React from 'react';

import type { Feed } from '../../api/feed';
import { useSignal, useTrans } from '../../ui/context';
import { bytes, count, moment } from '../../ui/format';
import { datasetIcon } from '../../ui/icons';
import { Icon, Link, Notice } from '../../ui/parts';
import type { Dataset, Versions } from '../wire';
import type { DatasetModel } from './model';
import { shortId } from './versions';

/** Name, tags and facts. */
export function Head(props: {
  dataset: Dataset;
  page: DatasetModel;
  versions: Feed<Versions>;
}): React.JSX.Element {
  const trans = useTrans();
  const { dataset, page, versions } = props;
  useSignal(versions.changed);
  const newest = versions.value?.versions[0];
  const facts: [string, React.ReactNode, string?][] = [
    [trans.__('Format'), dataset.format],
    [trans.__('Rows'), count(dataset.rows)],
    [trans.__('Size'), bytes(dataset.bytes)],
    [trans.__('Columns'), count(dataset.columns.length)],
    [trans.__('Changed'), moment(dataset.modifiedAt ?? newest?.at)],
    [trans.__('Where'), dataset.uri, dataset.uri]
  ];
  if (dataset.owners.length > 0) {
    facts.splice(5, 0, [trans.__('Owner'), dataset.owners.join(', ')]);
  }
  if (newest) {
    const open = <Link label={shortId(newest.id)} onClick={() => page.show('versions')} />;
    facts.splice(4, 0, [trans.__('Version'), open, newest.id]);
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
    </div>
  );
}
