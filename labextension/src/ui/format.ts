// Numbers, sizes and times as people read them.

/** A whole number with thousands marks; a dash where it is not known. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toLocaleString('en-US');
}

/** A number in few letters: 569, 12.4 k, 1.2 M. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return '';
  }
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e4, 'k']
  ] as const) {
    if (value >= size) {
      const shown = value / (unit === 'k' ? 1e3 : size);
      return `${shown.toFixed(shown < 100 ? 1 : 0)} ${unit}`;
    }
  }
  return count(value);
}

/** A size in bytes with its unit. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return '–';
  }
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** A metric: four figures that matter, a dash where there is none. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return '–';
  }
  if (Number.isInteger(value) && Math.abs(value) < 1e7) {
    return count(value);
  }
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e7)
    ? value.toExponential(3)
    : String(Number(value.toPrecision(5)));
}

/** Any value of a cell in a table as text. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) {
    return '–';
  }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A length of time in seconds: 0.8 s, 12 s, 3 min 08 s, 2 h 05 min. */
export function duration(seconds: number): string {
  if (seconds < 10) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  }
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** A moment: the time today, else the date and time. */
export function moment(value: string | null | undefined, now: Date = new Date()): string {
  if (!value) {
    return '–';
  }
  const at = new Date(value);
  const pad = (part: number): string => String(part).padStart(2, '0');
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
  return at.toDateString() === now.toDateString()
    ? time
    : `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${time}`;
}
