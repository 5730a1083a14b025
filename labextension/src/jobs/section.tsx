// The Jobs section: each exported job with its state, and what is being exported or verified.

import { addIcon, checkIcon, refreshIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { ModelSection } from '../panel/modelsection';
import type { ITasks } from '../tasks/tokens';
import { useSignal, useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { moment } from '../ui/format';
import { jobIcon } from '../ui/icons';
import { List, Row } from '../ui/list';
import { Empty } from '../ui/parts';
import { State } from '../ui/state';
import { TaskRow } from '../ui/taskrow';
import { CommandIDs } from './commands';
import { jobStates, type JobsModel } from './model';
import type { Job } from './tokens';

type Deps = { model: JobsModel; tasks: ITasks; commands: CommandRegistry };

/** The Jobs section. */
export class JobsSection extends ModelSection<Deps> {
  readonly id = 'jobs';
  readonly title = this.trans.__('Jobs');
  readonly rank = 40;
  readonly actions = [
    {
      icon: addIcon,
      label: this.trans.__('Export the active cell to a job'),
      command: CommandIDs.exportCell
    }
  ];

  count(): number | undefined {
    return this.deps.model.all?.length;
  }

  summary(): string {
    const all = this.deps.model.all ?? [];
    const bad = all.filter(job => ['different', 'failed', 'refused'].includes(job.state)).length;
    const drifting = all.filter(job => job.state === 'drifting').length;
    const behind = all.filter(job => job.behind).length;
    const good = all.filter(job => job.state === 'verified').length;
    return bad
      ? this.trans.__('%1 not as the notebook', String(bad))
      : drifting
        ? this.trans.__('%1 drifting', String(drifting))
        : behind
          ? this.trans.__('%1 behind its notebook', String(behind))
          : good
            ? this.trans.__('%1 verified', String(good))
            : '';
  }

  render(): React.JSX.Element {
    return <Jobs {...this.deps} />;
  }
}

function Jobs(props: Deps): React.JSX.Element {
  const trans = useTrans();
  const { model, tasks } = props;
  useSignal(tasks.changed);
  const running = tasks.running.filter(
    task => task.kind.startsWith('job') || task.ref.startsWith('job:')
  );
  return (
    <div className="pj-Jobs">
      {running.map(task => (
        <TaskRow key={task.id} task={task} cancel={id => void tasks.cancel(id)} />
      ))}
      <FeedView
        feed={model.feed}
        isEmpty={all => all.length === 0}
        empty={
          <Empty
            text={trans.__(
              'No jobs yet. Right-click a cell that gives a result, then “Export to job…”.'
            )}
            actions={[
              {
                label: trans.__('Export the active cell'),
                onClick: () => void props.commands.execute(CommandIDs.exportCell)
              }
            ]}
          />
        }
      >
        {all => (
          <List label={trans.__('Jobs')}>
            {all.map(job => (
              <JobLine key={job.name} {...props} job={job} />
            ))}
          </List>
        )}
      </FeedView>
    </div>
  );
}

function JobLine(props: Deps & { job: Job }): React.JSX.Element {
  const trans = useTrans();
  const { job, commands } = props;
  const states = jobStates(job, trans, true);
  const does = (command: string) => (): void => void commands.execute(command, { name: job.name });
  const part = job.state === 'drifting' ? 'monitor' : '';
  const open = (): void =>
    void commands.execute(CommandIDs.openJob, { ref: `job:${job.name}`, part });
  const update = {
    icon: refreshIcon,
    label: trans.__('Update from notebook'),
    onClick: does(CommandIDs.update)
  };
  const verify = { icon: checkIcon, label: trans.__('Verify'), onClick: does(CommandIDs.verify) };
  const tip = [
    trans.__('From %1, written %2', job.notebook, moment(job.exportedAt)),
    states.map(state => state.word).join(', '),
    trans.__('Enter opens it; the menu key gives all actions')
  ];
  return (
    <Row
      id={`job:${job.name}`}
      icon={jobIcon}
      name={job.name}
      tip={tip.join('\n')}
      state={<State {...states[0]} />}
      actions={job.behind ? [update, verify] : [verify]}
      onOpen={open}
      className="pj-Jobs-row"
    />
  );
}
