// One node of the graph: icon, name, a second line, its sign, its columns, and buttons at its sides for what is not shown yet.

import * as React from 'react';

import { useTrans } from '../ui/context';
import { iconOf } from '../ui/icons';
import { Icon } from '../ui/parts';
import { SignMark } from '../ui/state';
import type { Way } from './calls';
import { NODE, type Placed } from './layout';
import type { LineageModel } from './model';
import { detailOf, effectOf, kindWord } from './words';

type Props = {
  placed: Placed;
  model: LineageModel;
  open: (ref: string) => void;
  found: boolean;
  entry: boolean;
};

/** One node; a click chooses it, a double click or Enter opens its page. */
export function GraphNode(props: Props): React.JSX.Element {
  const trans = useTrans();
  const { placed, model, open, found, entry } = props;
  const { node, x, y, height } = placed;
  const touched = model.effects.get(node.ref);
  const dim = model.impact !== undefined && !touched && node.ref !== model.impact.ref;
  const effect = touched && effectOf(touched.effect, trans);
  const classes = ['pj-Graph-node'];
  const marks: [boolean, string][] = [
    [node.ref === model.center, 'center'],
    [node.ref === model.selected, 'selected'],
    [found, 'found'],
    [dim, 'dim']
  ];
  marks.forEach(([is, name]) => is && classes.push(`pj-mod-${name}`));
  return (
    <div className={classes.join(' ')} style={{ left: x, top: y, width: NODE.width, height }}>
      <button
        type="button"
        className="pj-Graph-body"
        data-ref={node.ref}
        tabIndex={entry ? 0 : -1}
        title={[node.name, node.detail, effect?.word, touched?.why].filter(Boolean).join('\n')}
        aria-label={[kindWord(node.kind, trans), node.name, detailOf(node), effect?.word]
          .filter(Boolean)
          .join(', ')}
        onClick={() => model.select(node.ref)}
        onFocus={() => model.select(node.ref)}
        onDoubleClick={() => open(node.ref)}
        onKeyDown={event => event.key === 'Enter' && open(node.ref)}
      >
        <span className="pj-Graph-name">
          <Icon icon={iconOf(node.kind)} />
          <span>{node.name}</span>
          {effect && <SignMark sign={effect.sign} label={effect.word} />}
        </span>
        <span className="pj-Graph-detail">{detailOf(node) || kindWord(node.kind, trans)}</span>
      </button>
      <Columns placed={placed} model={model} />
      {node.moreUp && <More model={model} node={node.ref} name={node.name} way="up" />}
      {node.moreDown && <More model={model} node={node.ref} name={node.name} way="down" />}
    </div>
  );
}

function Columns(props: { placed: Placed; model: LineageModel }): React.JSX.Element | null {
  const trans = useTrans();
  const { placed, model } = props;
  const { node, columns } = placed;
  if (columns.length === 0) {
    return null;
  }
  const marked = model.trace?.columns.get(node.ref);
  const left = (node.columns ?? []).length - columns.length;
  return (
    <div className="pj-Graph-columns">
      {columns.map(column => (
        <button
          key={column}
          type="button"
          className={marked?.has(column) ? 'pj-mod-marked' : ''}
          tabIndex={-1}
          title={trans.__('What breaks if %1 goes', column)}
          onClick={() => void model.ask(node.ref, column)}
        >
          {column}
        </button>
      ))}
      {left > 0 && <span className="pj-Dim">{trans.__('%1 more', String(left))}</span>}
    </div>
  );
}

function More(props: {
  model: LineageModel;
  node: string;
  name: string;
  way: Way;
}): React.JSX.Element {
  const trans = useTrans();
  const { model, node, name, way } = props;
  const label =
    way === 'up'
      ? trans.__('Show what %1 came from', name)
      : trans.__('Show what was made of %1', name);
  const press = (): void => {
    model.select(node);
    void model.expand(node, way);
  };
  return (
    <button
      type="button"
      className={`pj-Graph-more pj-mod-${way}`}
      aria-label={label}
      title={label}
      onClick={press}
    >
      +
    </button>
  );
}
