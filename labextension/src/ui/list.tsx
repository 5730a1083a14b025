// Lists of rows that work by mouse and by keyboard: arrows move, left and right fold, Enter opens.

import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Icon, IconButton } from './parts';

const Current = React.createContext<[string, (key: string) => void]>(['', () => undefined]);

/** A list; `label` is what a screen reader calls it. */
export function List(props: {
  label: string;
  tree?: boolean;
  children: React.ReactNode;
}): React.JSX.Element {
  const current = React.useState('');
  const [entry, setEntry] = React.useState(true);
  const ref = React.useRef<HTMLDivElement>(null);
  const move = (event: React.KeyboardEvent): void => {
    const rows = Array.from(ref.current?.querySelectorAll<HTMLElement>('.pj-Row[data-ref]') ?? []);
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const next = target(event.key, at, rows.length);
    if (next !== undefined && rows[next]) {
      event.preventDefault();
      rows[next].focus();
    }
  };
  const enter = (event: React.FocusEvent): void => {
    if (event.target === ref.current) {
      const rows = ref.current?.querySelectorAll<HTMLElement>('.pj-Row[data-ref]') ?? [];
      const chosen = Array.from(rows).find(row => row.dataset.ref === current[0]) ?? rows[0];
      chosen?.focus();
    }
    setEntry(false);
  };
  return (
    <Current.Provider value={current}>
      <div
        ref={ref}
        className="pj-List"
        role={props.tree ? 'tree' : 'listbox'}
        aria-label={props.label}
        tabIndex={entry ? 0 : -1}
        onFocus={enter}
        onBlur={() => setEntry(true)}
        onKeyDown={move}
      >
        {props.children}
      </div>
    </Current.Provider>
  );
}

/** Where a key moves to among `length` rows, or undefined when it is not a moving key. */
export function target(key: string, at: number, length: number): number | undefined {
  const moves: Record<string, number> = {
    ArrowDown: Math.min(at + 1, length - 1),
    ArrowUp: Math.max(at - 1, 0),
    Home: 0,
    End: length - 1
  };
  return moves[key];
}

/** A thing that a row offers on hover and focus. */
export type RowAction = { icon: LabIcon; label: string; onClick: () => void };

/** What a row shows and does. */
export type RowProps = {
  id: string;
  icon?: LabIcon;
  name: React.ReactNode;
  tip?: string;
  state?: React.ReactNode;
  meta?: string;
  actions?: RowAction[];
  level?: number;
  expanded?: boolean;
  tree?: boolean;
  onOpen?: () => void;
  onToggle?: () => void;
  /** The mouse was pressed on it: the beginning of a drag. */
  onGrab?: (event: React.MouseEvent) => void;
  /** Ctrl Enter, for what a row's first action does. */
  onInsert?: () => void;
  className?: string;
};

/** One row: icon, name, state, number; its actions take the number's place on hover. */
export function Row(props: RowProps): React.JSX.Element {
  const [current, setCurrent] = React.useContext(Current);
  const keys = (event: React.KeyboardEvent): void => {
    if (event.target !== event.currentTarget) {
      return;
    }
    const folds =
      props.onToggle &&
      (event.key === 'ArrowRight' ? !props.expanded : event.key === 'ArrowLeft' && props.expanded);
    if (folds) {
      props.onToggle?.();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const insert = event.ctrlKey || event.metaKey ? props.onInsert : undefined;
      (insert ?? props.onOpen ?? props.onToggle)?.();
    }
  };
  const selected = current === props.id;
  return (
    <div
      className={`pj-Row pj-mod-level${props.level ?? 0}${selected ? ' pj-mod-selected' : ''} ${props.className ?? ''}`}
      role={props.tree ? 'treeitem' : 'option'}
      aria-selected={selected}
      aria-expanded={props.onToggle ? Boolean(props.expanded) : undefined}
      aria-level={props.tree ? (props.level ?? 0) + 1 : undefined}
      tabIndex={-1}
      style={deep(props.level ?? 0, Boolean(props.onToggle))}
      data-ref={props.id}
      title={props.tip}
      onFocus={() => setCurrent(props.id)}
      onMouseDown={props.onGrab}
      onClick={props.onToggle}
      onDoubleClick={props.onToggle ? undefined : props.onOpen}
      onKeyDown={keys}
    >
      {props.onToggle && (
        <span className={`pj-Twist${props.expanded ? ' pj-mod-open' : ''}`} aria-hidden="true" />
      )}
      {props.icon && <Icon icon={props.icon} />}
      <span className="pj-Row-name">{props.name}</span>
      {props.state}
      {props.meta && (
        <span className={`pj-Row-meta${props.actions?.length ? ' pj-mod-yields' : ''}`}>
          {props.meta}
        </span>
      )}
      {props.actions && props.actions.length > 0 && (
        <span className="pj-Row-actions">
          {props.actions.map(action => (
            <IconButton key={action.label} {...action} />
          ))}
        </span>
      )}
    </div>
  );
}

/** How far in a row of a deeper level stands; rows that fold have their triangle before the icon. */
function deep(level: number, folds: boolean): React.CSSProperties | undefined {
  if (level === 0 || (level === 1 && !folds)) {
    return undefined;
  }
  return { paddingLeft: folds ? 12 + 16 * level : 18 + 16 * level };
}
