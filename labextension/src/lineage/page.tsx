// The lineage of a thing as a page of its own.

import * as React from 'react';

import type { IClient } from '../api/client';
import type { IOpener } from '../api/opener';
import { Lineage } from './view';

/** The page; a ref may carry, in a second line, the column that is asked about. */
export function lineagePage(props: {
  ref: string;
  client: IClient;
  opener: IOpener;
}): React.ReactNode {
  const [center, column] = props.ref.split('\n');
  return (
    <div className="pj-LineagePage">
      <Lineage
        center={center}
        client={props.client}
        opener={props.opener}
        asked={column ? { ref: center, column } : undefined}
      />
    </div>
  );
}
