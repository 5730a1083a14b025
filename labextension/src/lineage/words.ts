// The words of the lineage views.

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Sign } from '../ui/state';
import type { Affected } from './wire';

/** What a kind of things is called. */
export function kindWord(kind: string, trans: TranslationBundle): string {
  const words: Record<string, string> = {
    dataset: trans.__('Data'),
    source: trans.__('Source'),
    cell: trans.__('Cell'),
    notebook: trans.__('Notebook'),
    run: trans.__('Run'),
    model: trans.__('Model'),
    job: trans.__('Job'),
    jobrun: trans.__('Job run')
  };
  return words[kind] ?? kind;
}

/** What a group of kinds is called. */
export function groupWord(group: string, trans: TranslationBundle): string {
  const words: Record<string, string> = {
    data: trans.__('Data'),
    cells: trans.__('Cells'),
    runs: trans.__('Runs'),
    models: trans.__('Models'),
    jobs: trans.__('Jobs')
  };
  return words[group] ?? group;
}

/** The sign and word of what happens to a thing. */
export function effectOf(
  effect: Affected['effect'],
  trans: TranslationBundle
): { sign: Sign; word: string } {
  const words: Record<Affected['effect'], { sign: Sign; word: string }> = {
    fails: { sign: 'bad', word: trans.__('Fails') },
    'may fail': { sign: 'warn', word: trans.__('May fail') },
    loses: { sign: 'warn', word: trans.__('Loses something') },
    'may change': { sign: 'warn', word: trans.__('May change') }
  };
  return words[effect];
}

/** The second line of a thing; the address of a dataset is left to its tip. */
export function detailOf(thing: { detail?: string }): string {
  const detail = thing.detail ?? '';
  return /^[a-z][\w+.-]*:\/\//i.test(detail) ? '' : detail;
}
