// What a verification did, step by step, and how each output compares with the notebook's.

import * as React from 'react';

import { useTrans } from '../ui/context';
import { duration } from '../ui/format';
import { Notice } from '../ui/parts';
import { SignMark, State } from '../ui/state';
import { Table } from '../ui/table';
import { resultState } from './model';
import type { Verification } from './tokens';

/** The verdict, the steps and the outputs. */
export function VerificationView(props: { verification: Verification }): React.JSX.Element {
  const trans = useTrans();
  const { verification } = props;
  const { verdict, outputs } = verification;
  const titles = {
    verified: trans.__('Verified: the job gives what the notebook gave.'),
    different: trans.__('Different: the job does not give what the notebook gave.'),
    failed: trans.__('The job failed.'),
    refused: trans.__('The job was not run.')
  };
  return (
    <div className={`pj-Jobs-verification pj-mod-${verdict}`} data-verdict={verdict}>
      <Notice sign={verdict === 'verified' ? 'tick' : 'bad'} title={titles[verdict]}>
        {[verification.reason, trans.__('Took %1.', duration(verification.seconds))]
          .filter(Boolean)
          .join(' ')}
      </Notice>
      <div className="pj-Jobs-steps" role="list" aria-label={trans.__('Steps')}>
        {verification.steps.map(step => (
          <span className="pj-State" role="listitem" key={step.name} title={step.detail ?? ''}>
            <SignMark
              sign={step.ok ? 'tick' : 'bad'}
              label={step.ok ? trans.__('done') : trans.__('failed')}
            />
            <span>{step.name}</span>
            <span className="pj-Dim">{duration(step.seconds)}</span>
          </span>
        ))}
      </div>
      {verification.steps
        .filter(step => !step.ok && step.detail)
        .map(step => (
          <pre className="pj-Jobs-detail" key={step.name}>
            {step.detail}
          </pre>
        ))}
      {outputs.length > 0 && (
        <Table
          label={trans.__('Outputs compared')}
          wide
          rows={outputs}
          rowKey={output => output.name}
          columns={[
            { title: trans.__('Output'), cell: output => output.name, width: '22%' },
            {
              title: trans.__('Result'),
              cell: output => <State {...resultState(output.result, trans)} />,
              width: '160px'
            },
            {
              title: trans.__('Detail'),
              cell: output => <span title={output.detail}>{output.detail}</span>
            }
          ]}
        />
      )}
    </div>
  );
}
