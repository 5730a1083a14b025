// A state: a sign whose shape says it, and a word; colour comes third.

import * as React from 'react';

/** What a state means for the person. */
export type Sign = 'dot' | 'tick' | 'near' | 'busy' | 'changed' | 'warn' | 'bad' | 'off';

const SHAPES: Record<Sign, [string, string]> = {
  dot: ['ok', 'M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11'],
  tick: [
    'ok',
    'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1m3.3 3.9L6.9 9.3 4.8 7.2 3.7 8.3l3.2 3.2 5.5-5.5z'
  ],
  near: [
    'ok',
    'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1M4 7.3c1.3-1.6 2.7-1.5 4-.7s2.3.9 3.3-.3l.9 1c-1.3 1.6-2.8 1.5-4.2.6-1.3-.8-2.2-.9-3.2.3zm0 3.4c1.3-1.6 2.7-1.5 4-.7s2.3.9 3.3-.3l.9 1c-1.3 1.6-2.8 1.5-4.2.6-1.3-.8-2.2-.9-3.2.3z'
  ],
  busy: ['busy', 'M8 1a7 7 0 1 0 7 7h-2a5 5 0 1 1-5-5z'],
  changed: ['warn', 'M8 1.5 14.5 8 8 14.5 1.5 8zM7.2 4.8v3.7h1.6V4.8zm0 4.7V11h1.6V9.5z'],
  warn: ['warn', 'M8 1.5 15.5 14.5H.5zm-.8 4.5v4.5h1.6V6zm0 5.5v1.6h1.6v-1.6z'],
  bad: [
    'bad',
    'M5 1h6l4 4v6l-4 4H5l-4-4V5zm.6 3.5L4.5 5.6 6.9 8l-2.4 2.4 1.1 1.1L8 9.1l2.4 2.4 1.1-1.1L9.1 8l2.4-2.4-1.1-1.1L8 6.9z'
  ],
  off: ['off', 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2m0 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8']
};

/** The sign alone, for places where the word stands beside it. */
export function SignMark(props: { sign: Sign; label?: string }): React.JSX.Element {
  const [tone, path] = SHAPES[props.sign];
  return (
    <svg
      className={`pj-Sign pj-mod-${tone}${props.sign === 'busy' ? ' pj-mod-turning' : ''}`}
      viewBox="0 0 16 16"
      width="12"
      height="12"
      role={props.label ? 'img' : undefined}
      aria-label={props.label}
      aria-hidden={props.label ? undefined : true}
    >
      {props.label && <title>{props.label}</title>}
      <path fillRule="evenodd" d={path} />
    </svg>
  );
}

/** Sign and word. */
export function State(props: { sign: Sign; word: string }): React.JSX.Element {
  return (
    <span className="pj-State">
      <SignMark sign={props.sign} />
      <span>{props.word}</span>
    </span>
  );
}
