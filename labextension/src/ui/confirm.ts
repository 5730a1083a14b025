// Asks a person before something is done that cannot be taken back by a click.

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

/** What is asked: the question, what will happen, and the word on the button that does it. */
export type Question = { title: string; body: string; accept: string };

/** Ask; true where the person wants it done. */
export async function confirm(trans: TranslationBundle, question: Question): Promise<boolean> {
  const { accept, body, title } = question;
  const asked = await showDialog({
    title,
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: accept })
    ]
  });
  return asked.button.accept;
}
