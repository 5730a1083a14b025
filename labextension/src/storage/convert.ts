// Converts notebooks to text and back: starts the task, follows it, and tells what became of each.

import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ITasks } from '../tasks/tokens';
import { attempt } from '../ui/say';
import { showReport } from './dialogs';
import { readConverted } from './model';
import { nameOf } from './sides';
import type { Converted, ICalls } from './tokens';

/** What a conversion works with. */
export type ConvertDeps = {
  calls: ICalls;
  tasks: ITasks;
  trans: TranslationBundle;
  /** Open a notebook that was made. */
  open: (path: string) => void;
  /** Look at the files again. */
  refresh: () => void;
};

/** Convert a notebook, or all below a folder. */
export async function convert(
  deps: ConvertDeps,
  path: string,
  to: 'text' | 'notebook'
): Promise<void> {
  const task = await attempt(() => deps.calls.convert(path, to));
  const ended = task && (await deps.tasks.follow(task, true));
  if (ended?.state === 'done') {
    deps.refresh();
    tell(deps, readConverted(ended.result));
  }
}

/** Say how it went: one line, with the whole report where there is more to say. */
function tell({ open, trans }: ConvertDeps, converted: readonly Converted[]): void {
  const left = converted.filter(one => one.problem);
  const made = converted.filter(one => !one.problem);
  const report = {
    label: trans.__('Show report'),
    callback: (): void => void showReport(trans, converted)
  };
  if (converted.length === 0) {
    Notification.info(trans.__('There was no notebook to convert.'), { autoClose: 5000 });
  } else if (converted.length === 1 && made.length === 1) {
    const [one] = made;
    const became = trans.__('%1 became %2.', nameOf(one.path), nameOf(one.became));
    Notification.success([became, one.note].filter(Boolean).join(' '), {
      autoClose: one.note ? 20_000 : 8000,
      actions: [{ label: trans.__('Open'), callback: () => open(one.became) }]
    });
  } else if (left.length === 0) {
    Notification.success(trans.__('%1 notebooks converted.', String(made.length)), {
      autoClose: 8000,
      actions: [report]
    });
  } else {
    const first = left[0];
    const message =
      left.length === 1
        ? trans.__('%1 was left as it is: %2', nameOf(first.path), first.problem ?? '')
        : trans.__(
            '%1 notebooks converted, %2 left as they are.',
            String(made.length),
            String(left.length)
          );
    Notification.warning(message, { autoClose: false, actions: [report] });
  }
}
