// The tabs of a page: arrows move between them, and only the chosen part is drawn.

import * as React from 'react';

/** One tab. */
export type Tab = { id: string; title: string; render: () => React.ReactNode };

/** Tabs over the chosen part; a page that leads to one of them by itself keeps the choice in `chosen`. */
export function Tabs(props: {
  label: string;
  tabs: readonly Tab[];
  chosen?: string;
  onChoose?: (id: string) => void;
}): React.JSX.Element {
  const [own, setOwn] = React.useState(props.tabs[0]?.id);
  const chosen = props.chosen ?? own;
  const choose = (id: string): void => {
    setOwn(id);
    props.onChoose?.(id);
  };
  const refs = React.useRef(new Map<string, HTMLButtonElement>());
  const move = (event: React.KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = props.tabs.findIndex(tab => tab.id === chosen);
    const next = by ? props.tabs[(at + by + props.tabs.length) % props.tabs.length] : undefined;
    if (next) {
      event.preventDefault();
      choose(next.id);
      refs.current.get(next.id)?.focus();
    }
  };
  return (
    <>
      <div className="pj-Tabs" role="tablist" aria-label={props.label} onKeyDown={move}>
        {props.tabs.map(tab => (
          <button
            key={tab.id}
            ref={node => {
              if (node) {
                refs.current.set(tab.id, node);
              }
            }}
            type="button"
            role="tab"
            aria-selected={tab.id === chosen}
            tabIndex={tab.id === chosen ? 0 : -1}
            onClick={() => choose(tab.id)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div className="pj-Tab-body" role="tabpanel">
        {props.tabs.find(tab => tab.id === chosen)?.render()}
      </div>
    </>
  );
}
