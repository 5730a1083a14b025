// What a person writes into a column's filter, read as a comparison.

/** How a column is compared. */
export type Operator =
  '=' | '!=' | '<' | '<=' | '>' | '>=' | 'contains' | 'starts' | 'null' | 'not null';

/** Keep rows whose column compares so with a value. */
export type Filter = { column: string; op: Operator; value?: string | number | boolean };

const NUMERIC = /int|float|double|decimal|numeric|real|serial|number/i;
const NESTED = /list|struct|map|array|json|\[\]/i;
const TEXT = /char|string|text|utf8|object|enum|categor|dictionary|uuid/i;

/** Whether a type holds numbers. */
export function isNumber(type: string): boolean {
  return NUMERIC.test(type) && !NESTED.test(type) && !/interval|point/i.test(type);
}

/** Whether a type holds text. */
export function isText(type: string): boolean {
  return TEXT.test(type) && !NESTED.test(type);
}

/** The comparison in `> 5`, `!= web`, `= web`, `web*`, `empty`, `not empty` or plain `web`; undefined for an empty text. */
export function parseFilter(column: string, type: string, text: string): Filter | undefined {
  const written = text.trim();
  if (!written) {
    return undefined;
  }
  const lower = written.toLowerCase();
  if (lower === 'empty' || lower === 'null') {
    return { column, op: 'null' };
  }
  if (lower === 'not empty' || lower === 'not null') {
    return { column, op: 'not null' };
  }
  const compared = /^(<=|>=|!=|<>|==?|<|>)\s*(.+)$/s.exec(written);
  if (compared) {
    const op = ({ '<>': '!=', '==': '=' }[compared[1]] ?? compared[1]) as Operator;
    return { column, op, value: valueOf(type, compared[2]) };
  }
  if (!isText(type) && (isNumber(type) || /bool|date|time/i.test(type))) {
    return { column, op: '=', value: valueOf(type, written) };
  }
  return written.endsWith('*')
    ? { column, op: 'starts', value: written.slice(0, -1) }
    : { column, op: 'contains', value: written };
}

function valueOf(type: string, text: string): string | number | boolean {
  const written = text.trim().replace(/^(["'])(.*)\1$/s, '$2');
  if (/bool/i.test(type) && /^(true|false)$/i.test(written)) {
    return written.toLowerCase() === 'true';
  }
  // Whole numbers beyond 2^53 and decimals stay text, which the server reads exactly.
  const number = Number(written);
  const exact = isNumber(type) && written !== '' && Number.isFinite(number);
  return exact && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : written;
}
