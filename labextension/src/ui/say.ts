// Tells the person what went wrong, as a notification with what to do next.

import { Notification } from '@jupyterlab/apputils';

import { asCallError } from '../api/errors';

/** Show an error: what happened, and the hint. */
export function sayError(reason: unknown): void {
  const error = asCallError(reason);
  Notification.error([error.message, error.hint].filter(Boolean).join(' '), { autoClose: 10_000 });
}

/** Run something and show what goes wrong; the answer is undefined then. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (reason) {
    sayError(reason);
    return undefined;
  }
}
