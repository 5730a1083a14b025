// What a job's monitor saw, in the words and the order in which a person reads it.

import type { TranslationBundle } from '@jupyterlab/translation';

import { count, moment } from '../ui/format';
import type { Mark, Shape } from '../ui/marks';
import type { Sign } from '../ui/state';
import type { ColumnDrift, MetricDecay, Monitor, Watched } from './tokens';

/** The sign and word of how a job does. */
export function monitorState(
  state: Monitor['state'],
  trans: TranslationBundle
): { sign: Sign; word: string } {
  const states: Record<Monitor['state'], { sign: Sign; word: string }> = {
    steady: { sign: 'tick', word: trans.__('steady') },
    drifting: { sign: 'warn', word: trans.__('drifting') },
    unknown: { sign: 'off', word: trans.__('nothing to compare yet') }
  };
  return states[state];
}

/** What became of the alerts, and where they go: the variable's name, never the address. */
export function alertWords(
  { alert, webhook }: Pick<Monitor, 'alert' | 'webhook'>,
  trans: TranslationBundle
): { word: string; detail: string } {
  const waiting = alert.waiting ?? 0;
  const kept = waiting ? `, ${trans._n('%1 waits', '%1 wait', waiting)}` : '';
  if (!webhook.is_set) {
    const detail = webhook.variable
      ? trans.__(
          'To get them, put the address of a webhook into the environment variable %1 of Jupyter’s server.',
          webhook.variable
        )
      : trans.__('In the job’s config.toml, “webhook” of [monitor] has to name a variable.');
    return { word: trans.__('off') + kept, detail };
  }
  const goes = trans.__('They go to the webhook that %1 names.', webhook.variable);
  const words: Record<Monitor['alert']['state'], string> = {
    none: trans.__('on, nothing to send'),
    sent: trans.__('sent'),
    waiting: trans.__('not delivered') + kept,
    off: trans.__('off') + kept
  };
  const told = alert.state === 'none' || alert.state === 'sent' ? goes : (alert.detail ?? '');
  return { word: words[alert.state], detail: told };
}

/** What left a profile, as people call it. */
export function sourceWord(source: string, trans: TranslationBundle): string {
  const words: Record<string, string> = {
    run: trans.__('run'),
    batch: trans.__('scoring of a file'),
    serve: trans.__('answers over HTTP')
  };
  return words[source] ?? source;
}

/** The shape of what left a profile: runs are round, scored files square, the rest diamonds. */
export function shapeOf(source: string): Shape {
  return source === 'run' ? 'round' : source === 'batch' ? 'square' : 'diamond';
}

/** Where a column stands, as people call it. */
export function placeWord(place: string, trans: TranslationBundle): string {
  const words: Record<string, string> = {
    features: trans.__('features'),
    predictions: trans.__('predictions')
  };
  return words[place] ?? place;
}

/** How near a column is to its limit: 1 is at it. */
export function nearness(column: Pick<ColumnDrift, 'psi' | 'limit'>): number {
  return column.psi === null || column.limit <= 0 ? 0 : column.psi / column.limit;
}

/** The columns that drift first, of each kind the one nearest to its limit. */
export function byDrift(columns: readonly ColumnDrift[]): ColumnDrift[] {
  return [...columns].sort(
    (a, b) =>
      Number(b.drifting) - Number(a.drifting) ||
      nearness(b) - nearness(a) ||
      `${a.place}.${a.column}`.localeCompare(`${b.place}.${b.column}`)
  );
}

/** A reason that begins like a sentence, and where there is none, that all is well. */
export function reasonOf(column: ColumnDrift, trans: TranslationBundle): string {
  const reason = column.reason ?? '';
  return reason ? reason[0].toUpperCase() + reason.slice(1) : trans.__('As it was');
}

/** A distance or an index with three places; a dash where it says nothing of such a column. */
export function distance(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toFixed(3);
}

/** How a metric moved, with its sign. */
export function change(metric: Pick<MetricDecay, 'baseline' | 'value'>): string {
  const by = metric.value - metric.baseline;
  return `${by < 0 ? '−' : by > 0 ? '+' : '±'}${Math.abs(by).toFixed(3)}`;
}

/** A value of each profile that has it, oldest first, as marks of a chart. */
export function marksOf(
  history: readonly Watched[],
  name: string,
  value: (one: Watched) => number | null | undefined,
  trans: TranslationBundle,
  bad: (one: Watched) => boolean = one => one.drifting
): Mark[] {
  return history.flatMap(one => {
    const found = value(one);
    return found === null || found === undefined
      ? []
      : [
          {
            at: Date.parse(one.at),
            value: found,
            shape: shapeOf(one.source),
            bad: bad(one),
            tip: tipOf(one, `${name} ${distance(found)}`, trans)
          }
        ];
  });
}

function tipOf(one: Watched, value: string, trans: TranslationBundle): string {
  const rows = trans._n('%2 row', '%2 rows', one.rows, count(one.rows));
  const drifted = one.columns.length ? [trans.__('Drifted: %1', one.columns.join(', '))] : [];
  const head = `${moment(one.at)}, ${sourceWord(one.source, trans)}, ${rows}`;
  return [head, value, ...drifted].join('\n');
}

/** The metrics that any profile has, by name. */
export function metricNames(history: readonly Watched[]): string[] {
  return [...new Set(history.flatMap(one => Object.keys(one.metrics ?? {})))].sort();
}

/** What a chart of marks says, for those who do not see it. */
export function chartSentence(
  name: string,
  marks: readonly Mark[],
  line: string,
  trans: TranslationBundle
): string {
  const bad = marks.filter(mark => mark.bad).length;
  return [
    trans._n('%2 of %1 profile', '%2 of %1 profiles', marks.length, name),
    trans.__('newest %1', distance(marks.at(-1)?.value)),
    line,
    trans.__('%1 drifting', String(bad))
  ].join(', ');
}
