// The form of a job target, made from the schema of its settings.

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Target } from './tokens';

/** One setting: how it is called, what kind of value it takes, and what it is without one. */
export type Field = {
  name: string;
  label: string;
  kind: 'text' | 'number' | 'flag' | 'choice';
  fallback: string;
  choices: string[];
};

type Schema = {
  $ref?: string;
  $defs?: Record<string, Schema>;
  description?: string;
  properties?: Record<string, Schema>;
  type?: string;
  enum?: unknown[];
  default?: unknown;
};

/** The schema of a target's settings, without its references. */
function settings(target: Target): Schema {
  const form = target.form as Schema;
  const name = form.$ref?.split('/').at(-1);
  return (name ? form.$defs?.[name] : form) ?? {};
}

/** The settings of a target, in the order its author wrote them. */
export function fieldsOf(target: Target): Field[] {
  return Object.entries(settings(target).properties ?? {}).map(([name, schema]) => ({
    name,
    label: name.charAt(0).toUpperCase() + name.slice(1).replace(/_/g, ' '),
    kind: kindOf(schema),
    fallback: schema.default === undefined || schema.default === null ? '' : String(schema.default),
    choices: (schema.enum ?? []).map(String)
  }));
}

function kindOf(schema: Schema): Field['kind'] {
  if (schema.enum) {
    return 'choice';
  }
  const kinds: Record<string, Field['kind']> = {
    integer: 'number',
    number: 'number',
    boolean: 'flag'
  };
  return kinds[schema.type ?? ''] ?? 'text';
}

/** What the target's author says about its settings, as plain text. */
export function aboutOf(target: Target): string {
  return (settings(target).description ?? '').replace(/``/g, '').replace(/\s+/g, ' ').trim();
}

/** The settings that differ from what they are without a word. */
export function optionsOf(
  target: Target | undefined,
  given: Record<string, string>
): Record<string, string> {
  const fields = target ? fieldsOf(target) : [];
  return Object.fromEntries(
    fields.flatMap(({ name, fallback }) => {
      const value = (given[name] ?? '').trim();
      return value && value !== fallback ? [[name, value]] : [];
    })
  );
}

/** Where a target puts the job, in a few words. */
export function placeWord(
  target: Target | undefined,
  given: Record<string, string>,
  name: string,
  trans: TranslationBundle
): string {
  if (target?.name === 'git') {
    return trans.__('%1 %2', target.label, given['branch'] || `job/${name}`);
  }
  return target?.label ?? trans.__('Folder');
}
