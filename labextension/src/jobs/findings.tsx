// What to know before a job is written: what forbids it first, then the rest in one frame.

import * as React from 'react';

import { useTrans } from '../ui/context';
import { Link, Notice } from '../ui/parts';
import type { Finding } from './tokens';

type Props = {
  findings: readonly Finding[];
  /** Sentences without a place. */
  more?: readonly string[];
  /** Show the cell that a finding is about. */
  show?: (cell: string) => void;
};

/** Findings as notices. */
export function Findings(props: Props): React.JSX.Element | null {
  const trans = useTrans();
  const { findings, more = [], show } = props;
  const refusals = findings.filter(one => one.severity === 'refusal');
  const others = findings.filter(one => one.severity !== 'refusal');
  const number = others.length + more.length;
  const serious = more.length > 0 || others.some(one => one.severity === 'warning');
  return (
    <div className="pj-Jobs-findings">
      {refusals.map(one => (
        <Notice
          key={`${one.kind}:${one.cell}:${one.message}`}
          sign="bad"
          title={one.message}
          actions={
            one.cell && show
              ? [{ label: trans.__('Show the cell'), onClick: () => show(one.cell) }]
              : undefined
          }
        >
          {one.hint}
        </Notice>
      ))}
      {number > 0 && (
        <Notice
          sign={serious ? 'warn' : 'off'}
          title={trans._n('%1 thing to know', '%1 things to know', number, number)}
        >
          <ul className="pj-Jobs-told">
            {others.map(one => (
              <Told key={`${one.kind}:${one.cell}:${one.message}`} finding={one} show={show} />
            ))}
            {more.map(text => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </Notice>
      )}
    </div>
  );
}

function Told(props: { finding: Finding; show?: (cell: string) => void }): React.JSX.Element {
  const trans = useTrans();
  const { finding, show } = props;
  return (
    <li>
      <span className="pj-Jobs-said">{finding.message}</span>{' '}
      {finding.hint && <span>{finding.hint} </span>}
      {finding.cell && show && (
        <Link label={trans.__('Show the cell')} onClick={() => show(finding.cell)} />
      )}
    </li>
  );
}
