// The line over a lineage view: how far it reaches, what kinds it shows, columns, graph or list, and find.

import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { useTrans } from '../ui/context';
import { IconButton } from '../ui/parts';
import { SignMark } from '../ui/state';
import type { Way } from './calls';
import { ALL, GROUPS, type LineageModel } from './model';
import { groupWord } from './words';

const HOPS = [0, 1, 2, 3, 4, 6, ALL];

type Props = {
  model: LineageModel;
  list: boolean;
  setList: (list: boolean) => void;
  columns: boolean;
  setColumns: (columns: boolean) => void;
  text: string;
  setText: (text: string) => void;
  found: number;
  go: () => void;
};

/** The line over a lineage view. */
export function LineageBar(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { model, list, setList, columns, setColumns } = props;
  return (
    <div className="pj-Lineage-bar" role="toolbar" aria-label={trans.__('Lineage')}>
      <IconButton
        icon={refreshIcon}
        label={trans.__('Refresh lineage')}
        onClick={() => void model.load()}
      />
      <Reach model={model} way="up" label={trans.__('Upstream')} />
      <Reach model={model} way="down" label={trans.__('Downstream')} />
      <span className="pj-Sep" />
      {Object.keys(GROUPS).map(group => (
        <Box
          key={group}
          label={groupWord(group, trans)}
          checked={!model.hidden.has(group)}
          onChange={() => void model.toggle(group)}
        />
      ))}
      <span className="pj-Sep" />
      <Box
        label={trans.__('Columns')}
        checked={columns}
        onChange={() => setColumns(!columns)}
        disabled={list}
      />
      <span className="pj-Spacer" />
      {model.loading && <SignMark sign="busy" label={trans.__('fetching')} />}
      <span className="pj-Seg" role="group" aria-label={trans.__('View')}>
        <button type="button" aria-pressed={!list} onClick={() => setList(false)}>
          {trans.__('Graph')}
        </button>
        <button type="button" aria-pressed={list} onClick={() => setList(true)}>
          {trans.__('List')}
        </button>
      </span>
      <Find {...props} />
    </div>
  );
}

function Reach(props: { model: LineageModel; way: Way; label: string }): React.JSX.Element {
  const trans = useTrans();
  const { model, way, label } = props;
  const word = (hops: number): string =>
    hops === ALL ? trans.__('All') : trans._n('%1 hop', '%1 hops', hops);
  return (
    <label className="pj-Lineage-reach">
      <span className="pj-Dim">{label}</span>
      <select
        className="pj-In"
        value={model.reach[way]}
        onChange={event => void model.setReach(way, Number(event.target.value))}
      >
        {HOPS.map(hops => (
          <option key={hops} value={hops}>
            {word(hops)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Box(props: {
  label: string;
  checked: boolean;
  disabled?: boolean;
  onChange: () => void;
}): React.JSX.Element {
  return (
    <label className="pj-Check">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled}
        onChange={props.onChange}
      />
      {props.label}
    </label>
  );
}

function Find(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { text, setText, found, go } = props;
  const keys = (event: React.KeyboardEvent): void => {
    if (event.key === 'Enter') {
      go();
    } else if (event.key === 'Escape') {
      setText('');
    }
  };
  return (
    <span className="pj-Lineage-find">
      <span className="pj-Lineage-found pj-Note pj-Num" aria-live="polite">
        {text.trim() && trans._n('%1 found', '%1 found', found)}
      </span>
      <input
        type="search"
        className="pj-In"
        aria-label={trans.__('Find in graph')}
        placeholder={trans.__('Find in graph')}
        title={trans.__('Enter goes to the next one')}
        value={text}
        onChange={event => setText(event.target.value)}
        onKeyDown={keys}
      />
    </span>
  );
}
