// A running task as a row: ring, title, what it does now, cancel, and its bar.

import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Schemas } from '../api/client';
import { useTrans } from './context';
import { Bar, IconButton } from './parts';
import { SignMark } from './state';

/** One task. */
export function TaskRow(props: {
  task: Schemas['Task'];
  cancel: (id: string) => void;
}): React.JSX.Element {
  const trans = useTrans();
  const { task } = props;
  const share = task.progress === null ? '' : `${Math.round(task.progress * 100)} %`;
  return (
    <div className="pj-Task" data-ref={`task:${task.id}`} title={task.message}>
      <div className="pj-Row">
        <SignMark sign="busy" label={trans.__('running')} />
        <span className="pj-Row-name">{task.title}</span>
        <span className="pj-Row-meta">{share || task.message}</span>
        <IconButton
          icon={closeIcon}
          label={trans.__('Cancel')}
          onClick={() => props.cancel(task.id)}
        />
      </div>
      <div className="pj-Task-bar">
        <Bar value={task.progress} label={task.title} progress />
      </div>
    </div>
  );
}
