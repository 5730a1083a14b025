// What uses a dataset: cells, runs, models and jobs, each a link.

import * as React from 'react';

import type { Feed } from '../../api/feed';
import { kindWord } from '../../lineage/words';
import { useTrans } from '../../ui/context';
import { FeedView } from '../../ui/feedview';
import { moment } from '../../ui/format';
import { iconOf } from '../../ui/icons';
import { Empty, Icon, Link } from '../../ui/parts';
import { Table } from '../../ui/table';
import type { Use, Uses } from '../wire';
import type { TabProps } from './page';

/** The used-by tab. */
export function UsesTab(props: TabProps & { feed: Feed<Uses> }): React.JSX.Element {
  const trans = useTrans();
  return (
    <FeedView
      feed={props.feed}
      isEmpty={uses => uses.uses.length === 0}
      empty={
        <Empty
          text={trans.__(
            'Nothing has used it yet. Cells that read it appear here by themselves, if perijove-kernel is installed where their kernel runs.'
          )}
        />
      }
    >
      {uses => <List {...props} uses={uses} />}
    </FeedView>
  );
}

function List(props: TabProps & { uses: Uses }): React.JSX.Element {
  const trans = useTrans();
  const { opener, uses } = props;
  const what = (use: Use): React.ReactNode => (
    <span className="pj-Jobs-name">
      <Icon icon={iconOf(use.kind)} />
      {opener.can(use.ref) ? (
        <Link label={use.name} title={use.ref} onClick={() => opener.open(use.ref)} />
      ) : (
        use.name
      )}
    </span>
  );
  const left = uses.total - uses.uses.length;
  return (
    <>
      <Table
        label={trans.__('Used by')}
        wide
        rows={uses.uses}
        rowKey={use => use.ref}
        onOpen={use => opener.open(use.ref)}
        columns={[
          { title: trans.__('What'), cell: what },
          { title: trans.__('Kind'), cell: use => kindWord(use.kind, trans), width: '110px' },
          { title: trans.__('Where'), cell: use => use.detail },
          { title: trans.__('How'), cell: use => use.how, width: '110px' },
          { title: trans.__('Last used'), cell: use => moment(use.at), num: true, width: '140px' }
        ]}
      />
      {left > 0 && (
        <div className="pj-Note pj-Filter">{trans.__('%1 more, older', String(left))}</div>
      )}
    </>
  );
}
