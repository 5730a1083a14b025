// What a verification did, step by step, and how each output compares with the notebook's.

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { useTrans } from '../ui/context';
import { duration, moment } from '../ui/format';
import { Notice } from '../ui/parts';
import { SignMark, State } from '../ui/state';
import { Table } from '../ui/table';
import { Findings } from './findings';
import { resultState } from './model';
import type { Verification } from './tokens';
import { stepWord } from './words';

/** The verdict, the steps, the outputs, and what was learnt about the notebook. */
export function VerificationView(props: { verification: Verification }): React.JSX.Element {
  const trans = useTrans();
  const { verification } = props;
  const { verdict, outputs, widened = [], findings = [] } = verification;
  const good = verdict === 'verified';
  const when = [
    verification.at ? moment(verification.at) : '',
    trans.__('took %1', duration(verification.seconds))
  ];
  return (
    <div className={`pj-Jobs-verification pj-mod-${verdict}`} data-verdict={verdict}>
      <h2 className="pj-H">
        {trans.__('Verification')}
        <span className="pj-Jobs-verdict">
          <State sign={good ? 'tick' : 'bad'} word={verdictWord(verification, trans)} />
        </span>
        <span className="pj-Dim">{when.filter(Boolean).join(', ')}</span>
      </h2>
      <Steps verification={verification} />
      {verification.reason && (
        <Notice sign={good ? 'off' : 'bad'} title={verification.reason}>
          {!good &&
            (verdict === 'different'
              ? trans.__('The table says which output differs and by how much.')
              : trans.__('Correct what is named, then verify again.'))}
        </Notice>
      )}
      {widened.length > 0 && (
        <Notice
          sign="changed"
          title={trans._n(
            '%1 cell was added',
            '%1 cells were added',
            widened.length,
            widened.length
          )}
        >
          {trans.__(
            'The first slice did not give the same values; with %1 it does.',
            widened.join(', ')
          )}
        </Notice>
      )}
      {outputs.length > 0 && <Outputs verification={verification} />}
      <Findings findings={findings} />
      {(good || verdict === 'different') && (
        <p className="pj-Note pj-Jobs-note">
          {trans.__(
            'The job ran twice in a fresh environment, made from its lock, on the same inputs as the notebook.'
          )}
        </p>
      )}
    </div>
  );
}

function verdictWord(verification: Verification, trans: TranslationBundle): string {
  const bad = verification.outputs.filter(one => one.result === 'different').length;
  const words: Record<Verification['verdict'], string> = {
    verified: trans.__('Verified: the job gives what the notebook gave'),
    different: bad
      ? trans._n('%1 output differs', '%1 outputs differ', bad, bad)
      : trans.__('Not proven: nothing shows that it gives what the notebook gave'),
    failed: trans.__('The job failed'),
    refused: trans.__('The job was not run')
  };
  return words[verification.verdict];
}

function Steps(props: { verification: Verification }): React.JSX.Element {
  const trans = useTrans();
  const { steps } = props.verification;
  return (
    <>
      <div className="pj-Jobs-steps" role="list" aria-label={trans.__('Steps')}>
        {steps.map((step, index) => (
          <span
            className="pj-State"
            role="listitem"
            key={`${step.name}:${index}`}
            title={step.detail ?? ''}
          >
            <SignMark
              sign={step.ok ? 'tick' : 'bad'}
              label={step.ok ? trans.__('done') : trans.__('failed')}
            />
            <span>{stepWord(step.name, trans)}</span>
            <span className="pj-Dim">{duration(step.seconds)}</span>
          </span>
        ))}
      </div>
      {steps
        .filter(step => !step.ok && step.detail)
        .map(step => (
          <pre className="pj-Jobs-detail" key={step.name}>
            {step.detail}
          </pre>
        ))}
    </>
  );
}

function Outputs(props: { verification: Verification }): React.JSX.Element {
  const trans = useTrans();
  return (
    <Table
      label={trans.__('Outputs compared')}
      wide
      rows={props.verification.outputs}
      rowKey={output => output.name}
      columns={[
        {
          title: trans.__('Output'),
          cell: output => <span title={output.name}>{output.name}</span>,
          width: '22%'
        },
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
  );
}
