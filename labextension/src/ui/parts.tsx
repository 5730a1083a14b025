// The small parts that lists and pages are made of: icons, buttons, bars, links, notices.

import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { CallError } from '../api/errors';
import { SignMark, type Sign } from './state';

/** An icon at 16 px. */
export function Icon(props: { icon: LabIcon }): React.JSX.Element {
  return <props.icon.react tag="span" className="pj-Icon" width="16px" height="16px" />;
}

/** A button with an icon only; `label` is its name and tip. */
export function IconButton(props: {
  icon: LabIcon;
  label: string;
  onClick: () => void;
  className?: string;
}): React.JSX.Element {
  const press = (event: React.MouseEvent): void => {
    event.stopPropagation();
    props.onClick();
  };
  return (
    <button
      type="button"
      className={`pj-Btn pj-mod-icon ${props.className ?? ''}`}
      aria-label={props.label}
      title={props.label}
      onClick={press}
    >
      <Icon icon={props.icon} />
    </button>
  );
}

/** A button with a word; `primary` is the one blue button of a page. */
export function Button(props: {
  label: string;
  onClick: () => void;
  icon?: LabIcon;
  primary?: boolean;
  plain?: boolean;
  disabled?: boolean;
  title?: string;
}): React.JSX.Element {
  return (
    <button
      type="button"
      className={`pj-Btn${props.primary ? ' pj-mod-primary' : ''}${props.plain ? ' pj-mod-plain' : ''}`}
      disabled={props.disabled}
      title={props.title}
      onClick={props.onClick}
    >
      {props.icon && <Icon icon={props.icon} />}
      {props.label}
    </button>
  );
}

/** Text that does something when pressed. */
export function Link(props: {
  label: string;
  onClick: () => void;
  title?: string;
}): React.JSX.Element {
  const press = (event: React.MouseEvent): void => {
    event.stopPropagation();
    props.onClick();
  };
  return (
    <button type="button" className="pj-Link" title={props.title} onClick={press}>
      {props.label}
    </button>
  );
}

/** A bar of use (`meter`) or progress; always beside its number. `value` is a share, null while unknown. */
export function Bar(props: {
  value: number | null;
  label: string;
  progress?: boolean;
  limit?: number;
}): React.JSX.Element {
  const share = Math.max(0, Math.min(1, props.value ?? 0));
  const tone = props.progress
    ? 'busy'
    : props.limit !== undefined && share >= props.limit
      ? 'warn'
      : 'plain';
  return (
    <span
      className="pj-Bar"
      role={props.progress ? 'progressbar' : 'meter'}
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={props.value === null ? undefined : Math.round(share * 100)}
    >
      <i className={`pj-mod-${tone}`} style={{ width: `${share * 100}%` }} />
    </span>
  );
}

/** A bar with its name and number, under a row. */
export function Fact(props: {
  label: string;
  value: number | null;
  text: string;
  limit?: number;
}): React.JSX.Element {
  return (
    <div className="pj-Fact">
      <span>{props.label}</span>
      <Bar value={props.value} label={props.label} limit={props.limit} />
      <span className="pj-Num">{props.text}</span>
    </div>
  );
}

/** What happened, why, and what to do next. */
export function Notice(props: {
  sign: Sign;
  title: string;
  children?: React.ReactNode;
  actions?: { label: string; onClick: () => void }[];
}): React.JSX.Element {
  return (
    <div
      className={`pj-Notice pj-mod-${props.sign}`}
      role={props.sign === 'bad' ? 'alert' : 'status'}
    >
      <SignMark sign={props.sign} />
      <div>
        <b>{props.title}</b>
        {props.children && <div className="pj-Notice-text">{props.children}</div>}
        {props.actions && (
          <div className="pj-Notice-actions">
            {props.actions.map(action => (
              <Link key={action.label} {...action} />
            ))}
          </div>
        )}
      </div>
    </div>
  );
}

/** A failed call as a notice, with a way to try again. */
export function Trouble(props: {
  error: CallError;
  retry?: { label: string; onClick: () => void };
}): React.JSX.Element {
  return (
    <Notice sign="bad" title={props.error.message} actions={props.retry && [props.retry]}>
      {props.error.hint}
    </Notice>
  );
}

/** What goes here, and the first step. */
export function Empty(props: {
  text: string;
  actions?: { label: string; onClick: () => void }[];
}): React.JSX.Element {
  return (
    <div className="pj-Empty">
      {props.text}
      {(props.actions ?? []).map(action => (
        <div key={action.label}>
          <Link {...action} />
        </div>
      ))}
    </div>
  );
}

/** Grey bars in the shape of what comes; nothing for the first 200 ms. */
export function Skeleton(props: { rows?: number; label: string }): React.JSX.Element {
  return (
    <div className="pj-Skeleton" role="status" aria-label={props.label}>
      {Array.from({ length: props.rows ?? 3 }, (_, index) => (
        <div className="pj-Row" key={index}>
          <span className="pj-Skel pj-mod-box" />
          <span className="pj-Skel" style={{ maxWidth: `${72 - 14 * (index % 3)}%` }} />
        </div>
      ))}
    </div>
  );
}

/** A label and its value, as a page's head and side have them. */
export function KV(props: { items: [string, React.ReactNode][] }): React.JSX.Element {
  return (
    <dl className="pj-KV">
      {props.items.map(([label, value]) => (
        <React.Fragment key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}
