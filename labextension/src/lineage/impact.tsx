// The drawer under the graph: what breaks if a column goes.

import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { useTrans } from '../ui/context';
import { moment } from '../ui/format';
import { iconOf } from '../ui/icons';
import { Button, Empty, Icon, IconButton, Link } from '../ui/parts';
import { State } from '../ui/state';
import { Table } from '../ui/table';
import type { LineageModel } from './model';
import type { Affected, Impact } from './wire';
import { detailOf, effectOf, kindWord } from './words';

/** What breaks, nearest and worst first as the server has it. */
export function ImpactDrawer(props: {
  model: LineageModel;
  impact: Impact;
  can: (ref: string) => boolean;
  open: (ref: string) => void;
}): React.JSX.Element {
  const trans = useTrans();
  const { model, impact } = props;
  const name = model.graph?.nodes.find(node => node.ref === impact.ref)?.name ?? impact.ref;
  const fails = impact.items.filter(item => item.effect === 'fails').length;
  const others = impact.items.length - fails;
  return (
    <section className="pj-Impact" aria-label={trans.__('What breaks')}>
      <div className="pj-Impact-bar">
        <b>{trans.__('What breaks if %1 goes', impact.column || name)}</b>
        {fails > 0 && <State sign="bad" word={trans._n('%1 fails', '%1 fail', fails)} />}
        {others > 0 && (
          <State
            sign="warn"
            word={trans._n('%1 may lose something', '%1 may lose something', others)}
          />
        )}
        <span className="pj-Spacer" />
        <Button
          label={trans.__('Copy as list')}
          disabled={impact.items.length === 0}
          onClick={() => void navigator.clipboard.writeText(asText(impact, name))}
        />
        <IconButton
          icon={closeIcon}
          label={trans.__('Close what breaks')}
          onClick={() => model.forget()}
        />
      </div>
      <div className="pj-Impact-body">
        {impact.items.length === 0 ? (
          <Empty text={trans.__('Nothing that was seen depends on it.')} />
        ) : (
          <Items {...props} />
        )}
        <div className="pj-Note pj-Pad">{[basis(impact, trans), impact.note].join(' ')}</div>
      </div>
    </section>
  );
}

function Items(props: {
  impact: Impact;
  can: (ref: string) => boolean;
  open: (ref: string) => void;
}): React.JSX.Element {
  const trans = useTrans();
  const { impact, can, open } = props;
  const what = (item: Affected): React.ReactNode => {
    const name = [item.name, detailOf(item)].filter(Boolean).join(' ');
    return (
      <span className="pj-Jobs-name">
        <Icon icon={iconOf(item.kind)} />
        {can(item.ref) ? <Link label={name} onClick={() => open(item.ref)} /> : name}
      </span>
    );
  };
  return (
    <Table
      label={trans.__('What breaks')}
      wide
      rows={impact.items}
      rowKey={item => item.ref}
      columns={[
        { title: trans.__('What'), cell: what, width: '26%' },
        { title: trans.__('Kind'), cell: item => kindWord(item.kind, trans), width: '80px' },
        {
          title: trans.__('Effect'),
          cell: item => <State {...effectOf(item.effect, trans)} />,
          width: '130px'
        },
        { title: trans.__('Why'), cell: item => <span title={item.why}>{item.why}</span> },
        {
          title: trans.__('Columns'),
          cell: item => <span title={item.columns.join(', ')}>{item.columns.join(', ')}</span>,
          width: '18%'
        },
        { title: trans.__('Last seen'), cell: item => moment(item.at), num: true, width: '120px' }
      ]}
    />
  );
}

function basis(impact: Impact, trans: ReturnType<typeof useTrans>): string {
  const words: Record<Impact['basis'], string> = {
    column: trans.__('Told from the flow of columns.'),
    dataset: trans.__('No flow of columns is known here: all that uses the dataset is listed.'),
    mixed: trans.__('Partly told from the flow of columns, partly from that of whole datasets.'),
    none: ''
  };
  return words[impact.basis];
}

/** The list as lines of text, to send to somebody. */
function asText(impact: Impact, name: string): string {
  const what = impact.column ? `${name}.${impact.column}` : name;
  const line = (item: Affected): string =>
    `- ${item.kind} ${item.name} ${item.detail}: ${item.effect}. ${item.why}`;
  return [`What breaks if ${what} goes:`, ...impact.items.map(line)].join('\n');
}
