// What people asked for: open requests to decide, and those decided before.

import * as React from 'react';

import type { Schemas } from '../../api/client';
import { useTrans } from '../../ui/context';
import { moment } from '../../ui/format';
import { Button } from '../../ui/parts';
import { type Sign, State } from '../../ui/state';
import { Table } from '../../ui/table';
import type { Access } from '../wire';

type Request = Schemas['Request'];

const SIGNS: Record<Request['state'], Sign> = {
  open: 'changed',
  approved: 'tick',
  refused: 'bad',
  withdrawn: 'off'
};

/** The requests; those who may, approve or refuse with a reason. */
export function Requests(props: {
  access: Access;
  decide: (id: string, approve: boolean, reason: string) => void;
}): React.JSX.Element | null {
  const trans = useTrans();
  const { access, decide } = props;
  const words: Record<Request['state'], string> = {
    open: trans.__('open'),
    approved: trans.__('approved'),
    refused: trans.__('refused'),
    withdrawn: trans.__('withdrawn')
  };
  if (access.requests.length === 0) {
    return null;
  }
  return (
    <>
      <h2 className="pj-H">
        {trans.__('Requests')} <span className="pj-Dim">{String(access.requests.length)}</span>
      </h2>
      <Table
        label={trans.__('Requests')}
        wide
        rows={access.requests}
        rowKey={request => request.id}
        columns={[
          { title: trans.__('Who'), cell: request => request.who, width: '14%' },
          {
            title: trans.__('State'),
            cell: request => <State sign={SIGNS[request.state]} word={words[request.state]} />,
            width: '110px'
          },
          { title: trans.__('What for'), cell: request => request.reason },
          { title: trans.__('When'), cell: request => moment(request.at), width: '140px' },
          {
            title: trans.__('Answer'),
            cell: request => <Answer request={request} may={access.mayApprove} decide={decide} />,
            width: '38%'
          }
        ]}
      />
    </>
  );
}

function Answer(props: {
  request: Request;
  may: boolean;
  decide: (id: string, approve: boolean, reason: string) => void;
}): React.JSX.Element {
  const trans = useTrans();
  const { request, may, decide } = props;
  const [reason, setReason] = React.useState('');
  if (request.state !== 'open' || !may) {
    return <span>{[request.decidedBy, request.answer].filter(Boolean).join(': ')}</span>;
  }
  return (
    <span className="pj-Answer">
      <input
        className="pj-In"
        aria-label={trans.__('Reason for %1', request.who)}
        placeholder={trans.__('Reason')}
        value={reason}
        onChange={event => setReason(event.target.value)}
      />
      <Button label={trans.__('Approve')} onClick={() => decide(request.id, true, reason)} />
      <Button label={trans.__('Refuse')} onClick={() => decide(request.id, false, reason)} />
    </span>
  );
}
