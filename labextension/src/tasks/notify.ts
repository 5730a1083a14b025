// Shows each running task as a notification with its progress, and how it ended.

import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { isRunning, type TaskModel } from './model';
import type { Task } from './tokens';

/** Keeps one notification a task. */
export class TaskNotices {
  constructor(
    private readonly _model: TaskModel,
    private readonly _trans: TranslationBundle
  ) {
    _model.moved.connect(this._show, this);
  }

  private _show(_: TaskModel, task: Task): void {
    const known = this._ids.get(task.id);
    if (this._model.isShown(task.id)) {
      return;
    }
    if (isRunning(task)) {
      const options = {
        autoClose: false as const,
        actions: this._actions(task),
        ...progress(task)
      };
      const text = task.message ? `${task.title}: ${task.message}` : task.title;
      if (known) {
        Notification.update({ id: known, message: text, type: 'in-progress', ...options });
      } else {
        this._ids.set(task.id, Notification.emit(text, 'in-progress', options));
      }
    } else if (known) {
      this._ids.delete(task.id);
      this._end(task, known);
    }
  }

  private _end(task: Task, id: string): void {
    if (task.state === 'done' && this._model.isTold(task.id)) {
      Notification.dismiss(id);
    } else if (task.state === 'done') {
      const message = this._trans.__('%1: done', task.title);
      Notification.update({
        id,
        message,
        type: 'success',
        autoClose: 5000,
        actions: [],
        progress: 1
      });
    } else if (task.state === 'cancelled') {
      const message = this._trans.__('%1: cancelled', task.title);
      Notification.update({ id, message, type: 'warning', autoClose: 5000, actions: [] });
    } else {
      const message = [`${task.title}: ${task.error}`, task.hint].filter(Boolean).join(' ');
      Notification.update({ id, message, type: 'error', autoClose: false, actions: [] });
    }
  }

  private _actions(task: Task): Notification.IAction[] {
    const label = this._trans.__('Cancel');
    const callback = (event: MouseEvent): void => {
      event.preventDefault();
      void this._model.cancel(task.id);
    };
    return [{ label, callback }];
  }

  private readonly _ids = new Map<string, string>();
}

function progress(task: Task): { progress?: number } {
  return task.progress === null ? {} : { progress: task.progress };
}
