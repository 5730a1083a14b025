// What a search in the Data section found, and the ways to narrow it.

import * as React from 'react';

import { useTrans } from '../ui/context';
import { short } from '../ui/format';
import { datasetIcon, lockIcon } from '../ui/icons';
import { List, Row } from '../ui/list';
import { Empty, Skeleton, Trouble } from '../ui/parts';
import type { CatalogModel } from './model';
import { type Deps, useOffers } from './rows';
import type { Hit } from './tokens';

/** The hits below their facets. */
export function Hits(props: Deps): React.JSX.Element {
  const trans = useTrans();
  const { model } = props;
  if (model.searchError) {
    return <Trouble error={model.searchError} />;
  }
  if (!model.hits) {
    return <Skeleton label={trans.__('Searching')} />;
  }
  return (
    <>
      <Facets model={model} />
      {model.hits.length === 0 ? (
        <Empty
          text={trans.__('No dataset is known by “%1” that you may see.', model.query.trim())}
        />
      ) : (
        <List label={trans.__('Datasets found')}>
          {model.hits.map(hit => (
            <HitLine key={hit.ref} {...props} hit={hit} />
          ))}
        </List>
      )}
    </>
  );
}

/** One choice for each facet that parts the hits. */
function Facets(props: { model: CatalogModel }): React.JSX.Element | null {
  const trans = useTrans();
  const { model } = props;
  const words: Record<string, string> = {
    source: trans.__('Any source'),
    format: trans.__('Any format'),
    owner: trans.__('Any owner'),
    tag: trans.__('Any tag'),
    problem: trans.__('With and without problem')
  };
  const parts = model.facets.filter(facet => facet.values.length > 1 || model.narrowed[facet.name]);
  if (parts.length === 0) {
    return null;
  }
  return (
    <div className="pj-Facets" role="group" aria-label={trans.__('Narrow the search')}>
      {parts.map(facet => (
        <select
          key={facet.name}
          className="pj-In"
          aria-label={words[facet.name] ?? facet.name}
          value={model.narrowed[facet.name] ?? ''}
          onChange={event => void model.narrow(facet.name, event.target.value)}
        >
          <option value="">{words[facet.name] ?? facet.name}</option>
          {facet.values.map(one => (
            <option key={one.value} value={one.value}>
              {facet.name === 'problem'
                ? one.value === 'yes'
                  ? trans.__('With a problem (%1)', String(one.count))
                  : trans.__('Without (%1)', String(one.count))
                : `${one.value} (${one.count})`}
            </option>
          ))}
        </select>
      ))}
    </div>
  );
}

function HitLine(props: Deps & { hit: Hit }): React.JSX.Element {
  const trans = useTrans();
  const { hit } = props;
  const offers = useOffers(props, hit.ref, hit.name);
  const restricted = hit.restricted ?? false;
  const matched = hit.matched && hit.matched !== 'name' ? hit.snippet : '';
  return (
    <Row
      id={hit.ref}
      icon={restricted ? lockIcon : datasetIcon}
      name={
        <>
          {hit.name}
          {matched && <span className="pj-Dim">{` · ${matched}`}</span>}
        </>
      }
      tip={[hit.where || hit.source, hit.snippet].filter(Boolean).join('\n')}
      meta={restricted ? trans.__('ask for access') : short(hit.rows) || hit.source}
      className="pj-Catalog-hit"
      {...offers}
    />
  );
}
