// Descriptions of the arguments that commands take, as JSON schemas.

import type { ReadonlyJSONObject } from '@lumino/coreutils';

/** A schema of text arguments: name to sentence; all optional but those in `required`. */
export function textArgs(
  sentences: Record<string, string>,
  required: string[] = []
): { args: ReadonlyJSONObject } {
  const properties: Record<string, ReadonlyJSONObject> = {};
  for (const [name, description] of Object.entries(sentences)) {
    properties[name] = { type: 'string', description };
  }
  return { args: { type: 'object', properties, required, additionalProperties: true } };
}

/** The schema of a command that takes nothing. */
export const NO_ARGS: { args: ReadonlyJSONObject } = { args: { type: 'object', properties: {} } };

/** A text argument of a command, empty where it is missing. */
export function textArg(args: Readonly<Record<string, unknown>>, name: string): string {
  const value = args[name];
  return typeof value === 'string' ? value : '';
}
