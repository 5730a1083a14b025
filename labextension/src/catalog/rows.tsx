// The tree of sources, their folders or schemas, and their datasets.

import { closeIcon, codeIcon, folderIcon, refreshIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { grabCode } from '../notebook/drag';
import type { ITasks } from '../tasks/tokens';
import { useTrans } from '../ui/context';
import { short } from '../ui/format';
import { datasetIcon, sourceIcon } from '../ui/icons';
import { List, Row, type RowProps } from '../ui/list';
import { Link, Notice, Skeleton, Trouble } from '../ui/parts';
import { type Sign, SignMark } from '../ui/state';
import { CommandIDs } from './commands';
import type { CatalogModel } from './model';
import type { DatasetRow, Source } from './tokens';
import { type Branch, grow } from './tree';

/** What the section's parts work on. */
export type Deps = { model: CatalogModel; tasks: ITasks; commands: CommandRegistry };

const SIGNS: Record<Source['state'], Sign> = {
  new: 'off',
  scanning: 'busy',
  live: 'dot',
  failed: 'bad'
};

/** What the row of a dataset offers: open, insert code, drag it into a notebook. */
export function useOffers(
  props: Deps,
  ref: string,
  name: string
): Pick<RowProps, 'actions' | 'onOpen' | 'onGrab' | 'onInsert'> {
  const trans = useTrans();
  const insert = (): void => void props.commands.execute(CommandIDs.insertLoadCode, { ref });
  return {
    actions: [{ icon: codeIcon, label: trans.__('Insert load code'), onClick: insert }],
    onOpen: () => void props.commands.execute(CommandIDs.openDataset, { ref, title: name }),
    onGrab: event => grabCode(event, name, () => props.model.code({ ref })),
    onInsert: insert
  };
}

/** All sources. */
export function Tree(props: Deps & { sources: Source[] }): React.JSX.Element {
  const trans = useTrans();
  return (
    <List label={trans.__('Sources and datasets')} tree>
      {props.sources.map(source => (
        <SourceRows key={source.name} {...props} source={source} />
      ))}
    </List>
  );
}

function SourceRows(props: Deps & { source: Source }): React.JSX.Element {
  const trans = useTrans();
  const { model, source, commands } = props;
  const open = model.isOpen(source.name);
  const problem = model.problem(source.name);
  const words = {
    new: trans.__('not scanned'),
    scanning: trans.__('scanning'),
    live: trans.__('live'),
    failed: trans.__('failed')
  };
  const run = (command: string): void => void commands.execute(command, { name: source.name });
  const scan = { label: trans.__('Scan again'), onClick: () => run(CommandIDs.scan) };
  const remove = {
    icon: closeIcon,
    label: trans.__('Remove source…'),
    onClick: () => run(CommandIDs.removeSource)
  };
  return (
    <>
      <Row
        id={`source:${source.name}`}
        icon={sourceIcon}
        name={source.name}
        tip={source.uri}
        state={<SignMark sign={SIGNS[source.state]} label={words[source.state]} />}
        meta={short(source.datasets)}
        actions={[{ icon: refreshIcon, ...scan }, remove]}
        tree
        expanded={open}
        onToggle={() => void model.toggle(source.name)}
        className="pj-Catalog-source"
      />
      {source.state === 'failed' && (
        <Notice
          sign="bad"
          title={trans.__('%1 could not be scanned', source.name)}
          actions={[scan]}
        >
          {source.problem}
        </Notice>
      )}
      {open && problem && <Trouble error={problem} />}
      {open && !problem && <Inside {...props} rows={model.datasets(source.name)} />}
    </>
  );
}

function Inside(
  props: Deps & { source: Source; rows: readonly DatasetRow[] | undefined }
): React.JSX.Element {
  const trans = useTrans();
  const { model, source, rows } = props;
  const branches = React.useMemo(
    () => (rows ? grow(source, rows) : []),
    [source.name, source.uri, rows]
  );
  if (!rows) {
    return <Skeleton label={trans.__('Loading')} />;
  }
  const left = model.left(source.name);
  return (
    <>
      <Branches {...props} branches={branches} level={1} />
      {left > 0 && (
        <div className="pj-Sub">
          <Link
            label={trans.__('Show more of %1', short(left))}
            onClick={() => void model.more(source.name)}
          />
        </div>
      )}
    </>
  );
}

function Branches(props: Deps & { branches: Branch[]; level: number }): React.JSX.Element {
  const { branches, level, model } = props;
  return (
    <>
      {branches.map(branch =>
        branch.kind === 'dataset' ? (
          <DatasetLine key={branch.row.ref} {...props} row={branch.row} />
        ) : (
          <React.Fragment key={branch.id}>
            <Row
              id={`folder:${branch.id}`}
              icon={folderIcon}
              name={branch.name}
              meta={short(branch.count)}
              level={level}
              tree
              expanded={model.isOpen(branch.id)}
              onToggle={() => model.fold(branch.id)}
              className="pj-Catalog-folder"
            />
            {model.isOpen(branch.id) && (
              <Branches {...props} branches={branch.inside} level={level + 1} />
            )}
          </React.Fragment>
        )
      )}
    </>
  );
}

function DatasetLine(props: Deps & { row: DatasetRow; level: number }): React.JSX.Element {
  const trans = useTrans();
  const { row, level } = props;
  const offers = useOffers(props, row.ref, row.name);
  const facts = trans.__('%1, %2 columns', row.format, String(row.columnCount));
  return (
    <Row
      id={row.ref}
      icon={datasetIcon}
      name={row.name}
      tip={row.problem ? `${row.name}: ${row.problem}` : `${row.name}: ${facts}`}
      state={row.problem ? <SignMark sign="warn" label={row.problem} /> : undefined}
      meta={short(row.rows)}
      level={level}
      tree
      className="pj-Catalog-dataset"
      {...offers}
    />
  );
}
