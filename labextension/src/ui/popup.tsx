// A menu below a button, with a reason at the right of each line; Lab's own menus have no room for that.

import { checkIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Icon } from './parts';

/** One line of the menu. */
export type PopupItem = {
  id: string;
  label: string;
  why?: string;
  disabled?: boolean;
  checked?: boolean;
};

/** A menu that is open; it closes by Escape, by a click elsewhere, or when a line is chosen. */
export function Popup(props: {
  label: string;
  items: readonly PopupItem[];
  onChoose: (id: string) => void;
  onClose: () => void;
  children?: React.ReactNode;
}): React.JSX.Element {
  const node = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    const rows = node.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]');
    (node.current?.querySelector<HTMLElement>('[aria-checked="true"]') ?? rows?.[0])?.focus();
    const away = (event: PointerEvent): void => {
      if (!node.current?.parentElement?.contains(event.target as Element)) {
        props.onClose();
      }
    };
    document.addEventListener('pointerdown', away, true);
    return () => document.removeEventListener('pointerdown', away, true);
  }, []);
  const keys = (event: React.KeyboardEvent): void => {
    const rows = Array.from(
      node.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]:not(:disabled), input') ?? []
    );
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      event.preventDefault();
      rows[(at + by + rows.length) % rows.length]?.focus();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      props.onClose();
    }
  };
  return (
    <div ref={node} className="pj-Popup" role="menu" aria-label={props.label} onKeyDown={keys}>
      {props.items.map(item => (
        <button
          key={item.id}
          type="button"
          role="menuitemradio"
          aria-checked={Boolean(item.checked)}
          disabled={item.disabled}
          onClick={() => props.onChoose(item.id)}
        >
          <span className="pj-Popup-check">{item.checked && <Icon icon={checkIcon} />}</span>
          <span>{item.label}</span>
          <span className="pj-Popup-why">{item.why}</span>
        </button>
      ))}
      {props.children && <div className="pj-Popup-foot">{props.children}</div>}
    </div>
  );
}
