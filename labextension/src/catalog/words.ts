// Sentences about numbers: what they rest on, and how sure they are.

import type { TranslationBundle } from '@jupyterlab/translation';

import { count } from '../ui/format';
import type { Basis } from './wire';

/** A share as people read it: 8 %, 0.02 %, less than 0.01 %. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) {
    return '–';
  }
  const value = share * 100;
  if (value > 0 && value < 0.01) {
    return '< 0.01 %';
  }
  return `${Number(value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0))} %`;
}

/** What numbers rest on: method, how many of how many rows, share and error. */
export function basisWords(basis: Basis, trans: TranslationBundle): string {
  if (basis.method === 'all rows' && basis.rowsRead) {
    return trans.__('All %1 rows', count(basis.rowsRead));
  }
  const parts = [method(basis, trans)];
  if (basis.rowsRead !== null && basis.rowsRead !== undefined && basis.method !== 'footer') {
    parts.push(
      basis.rows && basis.rows !== basis.rowsRead
        ? trans.__('%1 of %2 rows', count(basis.rowsRead), count(basis.rows))
        : trans.__('%1 rows', count(basis.rowsRead))
    );
  }
  if (basis.share !== null && basis.share !== undefined && basis.share < 1) {
    parts.push(percent(basis.share));
  }
  if (basis.error) {
    parts.push(`± ${percent(basis.error)}`);
  }
  return parts.join(', ');
}

function method(basis: Basis, trans: TranslationBundle): string {
  const words: Record<Basis['method'], string> = {
    footer: trans.__('From the file’s own statistics'),
    'first rows': trans.__('The first rows'),
    'row groups': trans.__('Sampled row groups'),
    blocks: trans.__('Sampled blocks'),
    'all rows': trans.__('All rows'),
    database: trans.__('By the database')
  };
  return words[basis.method];
}
