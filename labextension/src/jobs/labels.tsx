// True answers for the last scored file: where they are, and which column tells.

import * as React from 'react';

import { useTrans } from '../ui/context';
import type { LabelsOf } from './tokens';

type Props = {
  busy: boolean;
  /** Take the labels in. */
  take: (labels: LabelsOf) => void;
};

/** A line of fields that opens below its button. */
export function LabelsForm(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { busy, take } = props;
  const [file, setFile] = React.useState('');
  const [column, setColumn] = React.useState('');
  const [key, setKey] = React.useState('');
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    take({ file: file.trim(), column: column.trim(), key: key.trim() });
  };
  return (
    <form className="pj-Jobs-labels" aria-label={trans.__('Labels')} onSubmit={submit}>
      <Field
        label={trans.__('File')}
        hint={trans.__('data/truth.parquet')}
        value={file}
        fill={setFile}
        first
      />
      <Field
        label={trans.__('Column of the labels')}
        hint={trans.__('the only one')}
        value={column}
        fill={setColumn}
      />
      <Field
        label={trans.__('Joined by')}
        hint={trans.__('the order of the rows')}
        value={key}
        fill={setKey}
      />
      <button type="submit" className="pj-Btn" disabled={busy || !file.trim()}>
        {trans.__('Compare')}
      </button>
      <span className="pj-Note">
        {trans.__(
          'A Parquet or CSV file of the project with the true answers for the file that was scored last.'
        )}
      </span>
    </form>
  );
}

function Field(props: {
  label: string;
  hint: string;
  value: string;
  fill: (value: string) => void;
  first?: boolean;
}): React.JSX.Element {
  const { fill, first, hint, label, value } = props;
  return (
    <label>
      <span className="pj-Dim">{label}</span>
      <input
        className="pj-In"
        placeholder={hint}
        value={value}
        autoFocus={first}
        onChange={event => fill(event.target.value)}
      />
    </label>
  );
}
