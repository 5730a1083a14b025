// Lineage around a thing: drawn as a graph, or as a list that says the same.

import * as React from 'react';

import type { IClient } from '../api/client';
import type { IOpener } from '../api/opener';
import { useSignal, useTrans } from '../ui/context';
import { Button, Empty, Notice, Skeleton, Trouble } from '../ui/parts';
import { LineageCalls } from './calls';
import { LineageGraph } from './graph';
import { ImpactDrawer } from './impact';
import { LineageList } from './list';
import { LineageModel } from './model';
import { LineageBar } from './toolbar';

/** A column to ask about as soon as the graph is there. */
export type Asked = { ref: string; column: string };

type Props = { center: string; client: IClient; opener: IOpener; asked?: Asked };

/** The lineage of a ref. */
export function Lineage(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { center, client, asked } = props;
  const model = React.useMemo(
    () => new LineageModel(new LineageCalls(client), center),
    [client, center]
  );
  useSignal(model.changed);
  const [list, setList] = React.useState(false);
  const [columns, setColumns] = React.useState(false);
  const [text, setText] = React.useState('');
  const [jump, setJump] = React.useState('');
  React.useEffect(() => {
    void model.load().then(() => asked && model.ask(asked.ref, asked.column));
  }, [model, asked?.ref, asked?.column]);
  const found = React.useMemo(() => model.find(text), [text, model.graph]);
  const go = (): void => {
    const at = found.indexOf(jump.split('\n')[0]);
    const next = found[(at + 1) % Math.max(1, found.length)];
    if (next) {
      model.select(next);
      setJump(`${next}\n${Date.now()}`);
    }
  };
  const bar = { list, setList, columns, setColumns, text, setText, found: found.length, go };
  const retry = { label: trans.__('Try again'), onClick: () => void model.load() };
  return (
    <div className="pj-Lineage">
      <LineageBar model={model} {...bar} />
      {model.error && <Trouble error={model.error} retry={retry} />}
      <Changed model={model} opener={props.opener} />
      {model.graph ? (
        <Body {...props} {...bar} model={model} hits={found} jump={jump} />
      ) : (
        !model.error && <Skeleton rows={6} label={trans.__('Loading')} />
      )}
    </div>
  );
}

function Body(
  props: Props & {
    model: LineageModel;
    list: boolean;
    columns: boolean;
    text: string;
    hits: readonly string[];
    jump: string;
  }
): React.JSX.Element {
  const trans = useTrans();
  const { model, opener, list } = props;
  const { graph } = model;
  const open = (ref: string): void => opener.open(ref);
  const can = (ref: string): boolean => opener.can(ref);
  if (!graph || graph.edges.length === 0) {
    return (
      <Empty
        text={trans.__(
          'Nothing has read or written this yet. Cells that do appear here by themselves, if perijove-kernel is installed where their kernel runs.'
        )}
      />
    );
  }
  return (
    <>
      {list ? (
        <LineageList
          model={model}
          graph={graph}
          text={props.text}
          found={props.hits}
          can={can}
          open={open}
        />
      ) : (
        <LineageGraph
          model={model}
          graph={graph}
          columns={props.columns}
          found={props.hits}
          jump={props.jump}
          open={open}
        />
      )}
      {!list && !model.impact && <Chosen model={model} open={open} can={can} />}
      {model.impact && <ImpactDrawer model={model} impact={model.impact} can={can} open={open} />}
    </>
  );
}

/** The chosen node with what one can do about it. */
function Chosen(props: {
  model: LineageModel;
  open: (ref: string) => void;
  can: (ref: string) => boolean;
}): React.JSX.Element | null {
  const trans = useTrans();
  const { model, open, can } = props;
  const node = model.graph?.nodes.find(one => one.ref === model.selected);
  if (!node) {
    return null;
  }
  return (
    <div className="pj-Lineage-chosen">
      <b>{node.name}</b>
      <span className="pj-Dim">{node.detail}</span>
      <span className="pj-Spacer" />
      {node.kind === 'dataset' && (
        <Button
          label={trans.__('What breaks if it goes')}
          onClick={() => void model.ask(node.ref, '')}
        />
      )}
      {can(node.ref) && <Button label={trans.__('Open')} onClick={() => open(node.ref)} />}
    </div>
  );
}

/** On a cell: the data it read that changed since. */
function Changed(props: { model: LineageModel; opener: IOpener }): React.JSX.Element | null {
  const trans = useTrans();
  const { model, opener } = props;
  if (model.stale.length === 0) {
    return null;
  }
  const names = model.stale.map(({ name, read, now }) => `${name}: ${read} → ${now ?? '?'}`);
  return (
    <Notice
      sign="changed"
      title={trans._n(
        'A dataset that this cell read has changed since',
        '%1 datasets that this cell read have changed since',
        model.stale.length
      )}
      actions={model.stale.map(({ ref, name }) => ({
        label: trans.__('Open %1', name),
        onClick: () => opener.open(ref)
      }))}
    >
      {names.join('; ')}
    </Notice>
  );
}
