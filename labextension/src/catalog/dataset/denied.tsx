// The page of a dataset that the person may not read: why, and a way to ask.

import * as React from 'react';

import type { Schemas } from '../../api/client';
import type { CallError } from '../../api/errors';
import { useTrans } from '../../ui/context';
import { Button, Notice } from '../../ui/parts';
import { attempt } from '../../ui/say';
import type { Calls } from '../calls';
import { nameOf } from '../commands';
import type { Access } from '../wire';

/** Says why, and asks. */
export function Denied(props: {
  calls: Calls;
  error: CallError;
  retry: () => void;
}): React.JSX.Element {
  const trans = useTrans();
  const { calls, error, retry } = props;
  const [access, setAccess] = React.useState<Access>();
  const load = (): void => void calls.access().then(setAccess, () => setAccess(undefined));
  React.useEffect(load, [calls]);
  const ask = (reason: string): void =>
    void attempt(async () => {
      await calls.ask(reason);
      load();
    });
  const again = (): void => {
    retry();
    load(); // what was decided meanwhile
  };
  const mine = access?.requests.at(0);
  return (
    <div className="pj-Denied">
      <h1>{nameOf(calls.ref)}</h1>
      <Notice
        sign="bad"
        title={error.message}
        actions={[{ label: trans.__('Try again'), onClick: again }]}
      >
        {access?.restrictedBy || error.hint}
      </Notice>
      {mine?.state === 'open' ? (
        <Notice sign="busy" title={trans.__('You have asked for access')}>
          {trans.__('“%1”. Who may decide sees it under Access.', mine.reason)}
        </Notice>
      ) : (
        <AskForm refused={mine?.state === 'refused' ? mine : undefined} ask={ask} />
      )}
    </div>
  );
}

function AskForm(props: {
  refused: Schemas['Request'] | undefined;
  ask: (reason: string) => void;
}): React.JSX.Element {
  const trans = useTrans();
  const { refused, ask } = props;
  const [reason, setReason] = React.useState('');
  const send = (): void => ask(reason.trim());
  return (
    <form
      className="pj-Ask"
      onSubmit={event => {
        event.preventDefault();
        send();
      }}
    >
      {refused && (
        <Notice sign="off" title={trans.__('Refused by %1', refused.decidedBy ?? '')}>
          {refused.answer}
        </Notice>
      )}
      <label>
        <span>{trans.__('What you need it for')}</span>
        <textarea
          className="pj-In"
          rows={3}
          value={reason}
          onChange={event => setReason(event.target.value)}
        />
      </label>
      <Button primary label={trans.__('Ask for access')} disabled={!reason.trim()} onClick={send} />
    </form>
  );
}
