// Who may read a dataset and why: restrict it, let people in and out, decide what they ask for.

import * as React from 'react';

import { useTrans } from '../../ui/context';
import { FeedView } from '../../ui/feedview';
import { moment } from '../../ui/format';
import { Button, Empty } from '../../ui/parts';
import { attempt } from '../../ui/say';
import { State } from '../../ui/state';
import { Table } from '../../ui/table';
import { useFeed } from '../../ui/usefeed';
import type { Access, Grant } from '../wire';
import type { TabProps } from './page';
import { Requests } from './requests';

type Part = { access: Access; change: (work: () => Promise<Access>) => void } & TabProps;

/** The access tab. */
export function AccessTab(props: TabProps): React.JSX.Element {
  const { page } = props;
  const feed = useFeed<Access>({ name: 'perijove:access', fetch: () => page.calls.access() }, [
    page
  ]);
  const change = (work: () => Promise<Access>): void =>
    void attempt(work).then(access => access && feed.set(access));
  return (
    <FeedView feed={feed}>
      {access => (
        <>
          <Rule {...props} access={access} change={change} />
          {!access.open && <Readers {...props} access={access} change={change} />}
          <Requests
            access={access}
            decide={(id, approve, reason) =>
              change(async () => {
                await page.calls.decide(id, approve, reason);
                return page.calls.access();
              })
            }
          />
        </>
      )}
    </FeedView>
  );
}

/** Open or restricted, in a sentence, and the button that changes it. */
function Rule(props: Part): React.JSX.Element {
  const trans = useTrans();
  const { access, change, page } = props;
  const [reason, setReason] = React.useState('');
  const [asking, setAsking] = React.useState(false);
  const restrict = (on: boolean): void => {
    setAsking(false);
    change(() => page.calls.restrict(on, reason.trim()));
  };
  return (
    <div className="pj-Access-rule">
      <div className="pj-Filter">
        <State
          sign={access.open ? 'dot' : 'off'}
          word={access.open ? trans.__('Open') : trans.__('Restricted')}
        />
        <span>{access.why}</span>
        <span className="pj-Spacer" />
        {access.mayApprove &&
          (access.open ? (
            <Button label={trans.__('Restrict…')} onClick={() => setAsking(!asking)} />
          ) : (
            <Button label={trans.__('Open to everyone')} onClick={() => restrict(false)} />
          ))}
      </div>
      {!access.open && (
        <div className="pj-Filter pj-Note">
          {access.reason
            ? trans.__('%1 The reason: %2', access.restrictedBy, access.reason)
            : access.restrictedBy}
        </div>
      )}
      {asking && (
        <form
          className="pj-Filter"
          onSubmit={event => {
            event.preventDefault();
            restrict(true);
          }}
        >
          <input
            className="pj-In pj-mod-wide"
            autoFocus
            aria-label={trans.__('Why it is restricted')}
            placeholder={trans.__('Why it is restricted')}
            value={reason}
            onChange={event => setReason(event.target.value)}
          />
          <Button label={trans.__('Restrict')} onClick={() => restrict(true)} />
        </form>
      )}
    </div>
  );
}

function Readers(props: Part): React.JSX.Element {
  const trans = useTrans();
  const { access, change, page } = props;
  const revoke = (who: string, kind: Grant['kind']): void =>
    change(() => page.calls.revoke({ who, kind }));
  return (
    <>
      <h2 className="pj-H">
        {trans.__('Readers')} <span className="pj-Dim">{String(access.readers.length)}</span>
      </h2>
      {access.readers.length === 0 ? (
        <Empty text={trans.__('Nobody but its owners and those who approve.')} />
      ) : (
        <Table
          label={trans.__('Readers')}
          wide
          rows={access.readers}
          rowKey={reader => `${reader.kind} ${reader.who}`}
          columns={[
            { title: trans.__('Who'), cell: reader => reader.who, width: '20%' },
            {
              title: trans.__('Kind'),
              cell: reader =>
                reader.kind === 'role' ? trans.__('everyone with the role') : trans.__('person'),
              width: '160px'
            },
            { title: trans.__('Why'), cell: reader => reader.why },
            { title: trans.__('By'), cell: reader => reader.by, width: '14%' },
            {
              title: trans.__('Since'),
              cell: reader => moment(reader.since),
              num: true,
              width: '140px'
            },
            {
              title: '',
              cell: reader =>
                access.mayApprove &&
                reader.since && (
                  <Button
                    plain
                    label={trans.__('Revoke')}
                    onClick={() => revoke(reader.who, reader.kind)}
                  />
                ),
              width: '90px'
            }
          ]}
        />
      )}
      {access.mayApprove && <Add {...props} />}
    </>
  );
}

function Add(props: Part): React.JSX.Element {
  const trans = useTrans();
  const { change, page } = props;
  const [who, setWho] = React.useState('');
  const [kind, setKind] = React.useState<Grant['kind']>('person');
  const [reason, setReason] = React.useState('');
  const add = (): void => {
    change(() => page.calls.grant({ who: who.trim(), kind, reason: reason.trim() }));
    setWho('');
  };
  return (
    <form
      className="pj-Filter"
      onSubmit={event => {
        event.preventDefault();
        add();
      }}
    >
      <select
        className="pj-In"
        aria-label={trans.__('Person or role')}
        value={kind}
        onChange={event => setKind(event.target.value as Grant['kind'])}
      >
        <option value="person">{trans.__('Person')}</option>
        <option value="role">{trans.__('Role')}</option>
      </select>
      <input
        className="pj-In"
        aria-label={trans.__('Who may read')}
        placeholder={trans.__('Login or role')}
        value={who}
        onChange={event => setWho(event.target.value)}
      />
      <input
        className="pj-In pj-mod-wide"
        aria-label={trans.__('Why')}
        placeholder={trans.__('Why')}
        value={reason}
        onChange={event => setReason(event.target.value)}
      />
      <Button label={trans.__('Let read')} disabled={!who.trim()} onClick={add} />
    </form>
  );
}
