// The preview: a line that says what is shown, the row of filters, and the grid.

import { Widget } from '@lumino/widgets';
import * as React from 'react';

import { useSignal, useTrans } from '../../ui/context';
import { count } from '../../ui/format';
import { Link, Notice, Skeleton, Trouble } from '../../ui/parts';
import { SignMark } from '../../ui/state';
import { basisWords } from '../words';
import { parseFilter } from './filters';
import { PreviewGrid, type Slot } from './widget';
import type { Windows } from './windows';

/** The rows of a dataset; order and filter are run where the data is. */
export function GridView(props: { windows: Windows; label: string }): React.JSX.Element {
  const trans = useTrans();
  const { windows } = props;
  useSignal(windows.changed);
  React.useEffect(() => windows.start(), [windows]);
  const retry = { label: trans.__('Try again'), onClick: () => windows.again() };
  if (!windows.columns) {
    return windows.error ? (
      <Trouble error={windows.error} retry={retry} />
    ) : (
      <Skeleton rows={8} label={trans.__('Loading')} />
    );
  }
  return (
    <div className="pj-Preview">
      <StatusLine windows={windows} />
      {windows.error && <Trouble error={windows.error} retry={retry} />}
      <GridFrame {...props} />
    </div>
  );
}

function StatusLine(props: { windows: Windows }): React.JSX.Element {
  const trans = useTrans();
  const { windows } = props;
  const touched = windows.sort.length > 0 || windows.where.length > 0;
  const { note, basis } = windows.told ?? {};
  const words = windows.whole
    ? trans._n('%2 row', '%2 rows', windows.length, count(windows.length))
    : trans.__('More than %1 rows', count(seen(windows)));
  return (
    <div className="pj-Filter pj-Note" aria-live="polite">
      <span className="pj-Num">
        {windows.where.length > 0 ? trans.__('%1 pass the filter', words) : words}
      </span>
      {basis && basis.method !== 'all rows' && <span>{basisWords(basis, trans)}</span>}
      {note && <span>{note}</span>}
      {touched && (
        <Link label={trans.__('Show all in their own order')} onClick={() => windows.clear()} />
      )}
      <span className="pj-Spacer" />
      {windows.loading ? (
        <span className="pj-State">
          <SignMark sign="busy" />
          {trans.__('fetching')}
        </span>
      ) : (
        <span>{trans.__('Click a head to sort, with Shift by several')}</span>
      )}
    </div>
  );
}

function seen(windows: Windows): number {
  return Math.max(0, windows.length - 200);
}

function GridFrame(props: { windows: Windows; label: string }): React.JSX.Element {
  const trans = useTrans();
  const { windows, label } = props;
  const host = React.useRef<HTMLDivElement>(null);
  const [grid, setGrid] = React.useState<PreviewGrid>();
  // Before React takes the node away, or Lumino finds its widget gone.
  React.useLayoutEffect(() => {
    const made = new PreviewGrid(windows);
    const node = host.current as HTMLDivElement;
    made.node.setAttribute('role', 'region');
    made.node.setAttribute('aria-label', label);
    Widget.attach(made, node);
    const sizes = new ResizeObserver(() => made.fit());
    sizes.observe(node);
    setGrid(made);
    return () => {
      sizes.disconnect();
      made.dispose();
    };
  }, [windows, label]);
  const empty = windows.length === 0 && !windows.error && !windows.loading;
  return (
    <div className="pj-Preview-frame" ref={host}>
      {grid && <FilterRow windows={windows} grid={grid} />}
      {empty && (
        <div className="pj-Preview-empty">
          <Notice
            sign="off"
            title={
              windows.where.length > 0
                ? trans.__('No row passes the filter.')
                : trans.__('There are no rows.')
            }
          />
        </div>
      )}
    </div>
  );
}

/** Fields that lie over the second line of the heads and move with the columns. */
function FilterRow(props: { windows: Windows; grid: PreviewGrid }): React.JSX.Element {
  const trans = useTrans();
  const { windows, grid } = props;
  const [slots, setSlots] = React.useState<Slot[]>([]);
  React.useEffect(() => {
    const place = (): void => setSlots(grid.slots);
    grid.moved.connect(place);
    place();
    return () => {
      grid.moved.disconnect(place);
    };
  }, [grid]);
  const edge = grid.headerWidth;
  return (
    <div
      className="pj-Preview-filters"
      style={{ left: edge, width: Math.max(0, grid.viewportWidth - edge) }}
      role="group"
      aria-label={trans.__('Filters')}
    >
      {slots.map(slot => {
        const column = windows.columns?.[slot.column];
        return column ? (
          <FilterField
            key={column.name}
            windows={windows}
            name={column.name}
            type={column.type}
            left={slot.left - edge}
            width={slot.width}
          />
        ) : null;
      })}
    </div>
  );
}

function FilterField(props: {
  windows: Windows;
  name: string;
  type: string;
  left: number;
  width: number;
}): React.JSX.Element {
  const trans = useTrans();
  const { windows, name, type } = props;
  const active = windows.where.some(one => one.column === name);
  const [text, setText] = React.useState('');
  const timer = React.useRef<number>();
  React.useEffect(() => {
    if (!active && !timer.current) {
      setText('');
    }
  }, [active]);
  const change = (value: string, wait: number): void => {
    setText(value);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      timer.current = undefined;
      windows.filter(name, parseFilter(name, type, value));
    }, wait);
  };
  const keys = (event: React.KeyboardEvent): void => {
    if (event.key === 'Enter') {
      change(text, 0);
    } else if (event.key === 'Escape') {
      change('', 0);
    }
  };
  return (
    <input
      className={`pj-In${active ? ' pj-mod-active' : ''}`}
      style={{ left: props.left, width: props.width - 1 }}
      aria-label={trans.__('Filter %1', name)}
      placeholder={trans.__('Filter')}
      title={trans.__('> 5, != web, web*, empty, not empty, or a part of the text')}
      value={text}
      onChange={event => change(event.target.value, 400)}
      onKeyDown={keys}
    />
  );
}
