// Draws a feed in one of its four states: loading, live, empty, error; old values stay while new ones load.

import * as React from 'react';

import type { Feed } from '../api/feed';
import { useSignal, useTrans } from './context';
import { Skeleton, Trouble } from './parts';

/** A feed's value, drawn by `children`; `empty` is drawn where `isEmpty` says so. */
export function FeedView<T>(props: {
  feed: Feed<T>;
  children: (value: T) => React.ReactNode;
  isEmpty?: (value: T) => boolean;
  empty?: React.ReactNode;
}): React.JSX.Element {
  const trans = useTrans();
  const { feed } = props;
  useSignal(feed.changed);
  const retry = { label: trans.__('Try again'), onClick: () => void feed.refresh() };
  const trouble = feed.error && <Trouble error={feed.error} retry={retry} />;
  if (feed.value === undefined) {
    return <>{trouble ?? <Skeleton label={trans.__('Loading')} />}</>;
  }
  const body = props.isEmpty?.(feed.value) ? props.empty : props.children(feed.value);
  return (
    <>
      {trouble}
      {trouble && (
        <div className="pj-Sub">
          {trans.__('Shown as of %1.', new Date(feed.at).toLocaleTimeString())}
        </div>
      )}
      {body}
    </>
  );
}
