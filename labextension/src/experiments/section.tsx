// The Experiments section: the newest runs with the metric that speaks for each.

import { InputGroup, refreshIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { ModelSection } from '../panel/modelsection';
import { useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { figure, moment } from '../ui/format';
import { runIcon } from '../ui/icons';
import { List, Row } from '../ui/list';
import { Empty } from '../ui/parts';
import { State } from '../ui/state';
import { CommandIDs } from './commands';
import { type ExperimentsModel, mainMetric, signOf } from './model';
import type { RunRow } from './tokens';

type Deps = { model: ExperimentsModel; commands: CommandRegistry };

/** The Experiments section. */
export class ExperimentsSection extends ModelSection<Deps> {
  readonly id = 'experiments';
  readonly title = this.trans.__('Experiments');
  readonly rank = 30;
  readonly actions = [
    { icon: refreshIcon, label: this.trans.__('Refresh runs'), command: CommandIDs.refresh }
  ];

  count(): number | undefined {
    return this.deps.model.feed.value?.total;
  }

  summary(): string {
    const running = (this.deps.model.runs ?? []).filter(run => run.state === 'running').length;
    return running ? this.trans.__('%1 running', String(running)) : '';
  }

  render(): React.JSX.Element {
    return <Experiments {...this.deps} />;
  }
}

function Experiments(props: Deps): React.JSX.Element {
  const trans = useTrans();
  const { model } = props;
  const nothing = model.filter
    ? trans.__('No run matches “%1”.', model.filter)
    : trans.__('No runs yet. Runs logged with MLflow appear here by themselves.');
  return (
    <div className="pj-Experiments">
      <Filter model={model} />
      <FeedView
        feed={model.feed}
        isEmpty={page => page.runs.length === 0}
        empty={<Empty text={nothing} />}
      >
        {page => (
          <>
            <List label={trans.__('Runs')}>
              {page.runs.map(run => (
                <RunLine key={run.id} {...props} run={run} />
              ))}
            </List>
            {page.total > page.runs.length && (
              <div className="pj-Sub">
                {trans.__('The newest %1 of %2', String(page.runs.length), String(page.total))}
              </div>
            )}
          </>
        )}
      </FeedView>
    </div>
  );
}

function Filter(props: { model: ExperimentsModel }): React.JSX.Element {
  const trans = useTrans();
  const [text, setText] = React.useState(props.model.filter);
  const timer = React.useRef<number>();
  const change = (value: string): void => {
    setText(value);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => void props.model.find(value.trim()), 300);
  };
  return (
    <div className="pj-Search-box">
      <InputGroup
        type="search"
        aria-label={trans.__('Filter runs')}
        placeholder={trans.__('Name or notebook')}
        value={text}
        onChange={event => change((event.target as HTMLInputElement).value)}
        onKeyDown={event => event.key === 'Escape' && change('')}
      />
    </div>
  );
}

function RunLine(props: Deps & { run: RunRow }): React.JSX.Element {
  const trans = useTrans();
  const { run, model, commands } = props;
  const metric = mainMetric(run.metrics, model.metric);
  const words = {
    running: trans.__('running'),
    finished: trans.__('finished'),
    failed: trans.__('failed'),
    killed: trans.__('stopped'),
    scheduled: trans.__('waiting')
  };
  return (
    <Row
      id={`run:${run.id}`}
      icon={runIcon}
      name={run.name}
      tip={trans.__('%1, started %2', run.experiment, moment(run.startedAt))}
      state={
        run.state === 'finished' ? undefined : (
          <State sign={signOf(run.state)} word={words[run.state]} />
        )
      }
      meta={metric ? `${metric} ${figure(run.metrics[metric])}` : ''}
      onOpen={() =>
        void commands.execute(CommandIDs.openRun, { ref: `run:${run.id}`, title: run.name })
      }
      className="pj-Experiments-run"
    />
  );
}
