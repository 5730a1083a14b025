// The split button that inserts load code: the engine chosen last, and behind it all others with why not.

import { caretDownIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Schemas } from '../../api/client';
import { useSignal, useTrans } from '../../ui/context';
import { Icon } from '../../ui/parts';
import { Popup } from '../../ui/popup';
import { CommandIDs } from '../commands';
import { type Engine, ENGINES } from '../tokens';
import type { TabProps } from './page';
import { shortId } from './versions';

type Row = Schemas['EngineRow'];

/** The blue button of the page. */
export function InsertButton(props: TabProps): React.JSX.Element {
  const trans = useTrans();
  const { commands, dataset, model, notebooks, page } = props;
  useSignal(notebooks.changed);
  useSignal(page.changed);
  const [engine, setEngine] = React.useState<Engine>(model.engine);
  const [open, setOpen] = React.useState(false);
  const [rows, setRows] = React.useState<Row[]>(ENGINES.map(one => ({ engine: one, ok: true })));
  const [pinned, setPinned] = React.useState(false);
  const version = page.version || (dataset.versions[0] ?? '');
  React.useEffect(() => {
    page.calls.engines().then(found => {
      setRows(found);
      const fits = (name: Engine): boolean => found.some(row => row.engine === name && row.ok);
      setEngine(now => (fits(now) ? now : (found.find(row => row.ok)?.engine ?? now)));
    }, ignore);
  }, [page]);
  const insert = (name: Engine): void => {
    setEngine(name);
    setOpen(false);
    const args = { ref: dataset.ref, engine: name, version: pinned ? version : page.version };
    void commands.execute(CommandIDs.insertLoadCode, args);
  };
  return (
    <>
      <span className="pj-Dim">
        {notebooks.path ? trans.__('into %1', notebooks.path) : trans.__('no notebook is open')}
      </span>
      <span className="pj-Split">
        <button type="button" className="pj-Btn pj-mod-primary" onClick={() => insert(engine)}>
          {trans.__('Insert %1 code', engine)}
        </button>
        <button
          type="button"
          className="pj-Btn pj-mod-primary"
          aria-label={trans.__('Other engines')}
          aria-haspopup="menu"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Icon icon={caretDownIcon} />
        </button>
        {open && (
          <Engines
            rows={rows}
            engine={engine}
            insert={insert}
            close={() => setOpen(false)}
            version={version}
            pinned={pinned || Boolean(page.version)}
            setPinned={wanted => {
              setPinned(wanted);
              page.pin(wanted ? page.version : '');
            }}
          />
        )}
      </span>
    </>
  );
}

/** All engines, and whether the version is pinned. */
function Engines(props: {
  rows: Row[];
  engine: Engine;
  insert: (engine: Engine) => void;
  close: () => void;
  version: string;
  pinned: boolean;
  setPinned: (pinned: boolean) => void;
}): React.JSX.Element {
  const trans = useTrans();
  const { rows, engine, insert, version, pinned, setPinned } = props;
  const items = rows.map(row => ({
    id: row.engine,
    label: row.engine,
    why: row.why,
    disabled: !row.ok,
    checked: row.engine === engine
  }));
  return (
    <Popup
      label={trans.__('Engines')}
      items={items}
      onChoose={id => insert(id as Engine)}
      onClose={props.close}
    >
      {version && (
        <label className="pj-Check" title={version}>
          <input
            type="checkbox"
            checked={pinned}
            onChange={event => setPinned(event.target.checked)}
          />
          {trans.__('Pin version %1', shortId(version))}
        </label>
      )}
    </Popup>
  );
}

function ignore(): void {
  // Without an answer all engines are offered; a wrong one says so itself.
}
