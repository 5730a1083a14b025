// A feed that lives as long as the part of the screen that shows it.

import * as React from 'react';

import { Feed, type FeedOptions } from '../api/feed';

/** A feed made anew whenever `keys` change, awake while it is shown. */
export function useFeed<T>(options: FeedOptions<T>, keys: readonly unknown[]): Feed<T> {
  const feed = React.useMemo(() => new Feed<T>(options), keys);
  React.useEffect(() => {
    feed.wake();
    return () => feed.sleep();
  }, [feed]);
  return feed;
}
