// Single keys of a page: they work anywhere in it, but never where one writes.

import * as React from 'react';

/** Call `handlers` by key while the focus is in the page around `ref`. */
export function usePageKeys(
  ref: React.RefObject<HTMLElement>,
  handlers: Record<string, () => void>
): void {
  const latest = React.useRef(handlers);
  latest.current = handlers;
  React.useEffect(() => {
    const page = ref.current?.closest<HTMLElement>('.pj-Page') ?? ref.current;
    const press = (event: KeyboardEvent): void => {
      const handler = latest.current[event.key.toLowerCase()];
      if (handler && isPlain(event) && !isWriting(event.target)) {
        event.preventDefault();
        event.stopPropagation();
        handler();
      }
    };
    page?.addEventListener('keydown', press);
    return () => page?.removeEventListener('keydown', press);
  }, []);
}

function isPlain(event: KeyboardEvent): boolean {
  return !event.altKey && !event.ctrlKey && !event.metaKey;
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest(
        'textarea, select, input:not([type="radio"], [type="checkbox"], [type="range"])'
      ) !== null)
  );
}

/** Put the focus on the next (or previous) of the elements that match; around at the end. */
export function focusNext(root: HTMLElement | null, selector: string, by: 1 | -1): void {
  const all = Array.from(root?.querySelectorAll<HTMLElement>(selector) ?? []);
  if (all.length === 0) {
    return;
  }
  const here = document.activeElement;
  const inside = all.findIndex(one => one.contains(here));
  const start = inside >= 0 ? inside + by : by > 0 ? 0 : all.length - 1;
  const next = all[(start + all.length) % all.length];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
}
