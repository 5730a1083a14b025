// Compares two sources line by line: which lines differ, and where in the line.

/** One line of a version: `number` counts from 1; `mark` is the part that differs, as [start, end) in code points. */
export type MarkedLine = {
  number: number;
  text: string;
  differs: boolean;
  mark?: [number, number];
};

/** A stretch of lines: shown, or folded because they are equal and far from what differs. */
export type Stretch = { folded: boolean; lines: MarkedLine[] };

const MOST = 4_000_000; // squares of the table; two sources of 2,000 lines each

/** Compare two versions; each comes back with its lines marked. */
export function compareLines(one: string, other: string): [MarkedLine[], MarkedLine[]] {
  const before = one.split('\n');
  const after = other.split('\n');
  const pairs = common(before, after);
  const left = before.map((text, at) => line(text, at));
  const right = after.map((text, at) => line(text, at));
  let [i, j] = [0, 0];
  for (const [p, q] of [...pairs, [before.length, after.length]]) {
    markBlock(left.slice(i, p), right.slice(j, q));
    [i, j] = [p + 1, q + 1];
  }
  return [left, right];
}

/** Fold equal lines that are farther than `around` from any that differs; fewer than `least` stay. */
export function foldLines(lines: readonly MarkedLine[], around = 3, least = 4): Stretch[] {
  const near = lines.map(() => false);
  lines.forEach((item, at) => {
    if (item.differs) {
      near.fill(true, Math.max(0, at - around), at + around + 1);
    }
  });
  const found: Stretch[] = [];
  for (let at = 0; at < lines.length;) {
    let end = at;
    while (end < lines.length && !near[end]) {
      end += 1;
    }
    const folded = end - at >= least;
    const part = lines.slice(at, folded ? end : Math.max(end, at + 1));
    const last = found.at(-1);
    if (last && !last.folded && !folded) {
      last.lines.push(...part);
    } else {
      found.push({ folded, lines: part });
    }
    at += part.length;
  }
  return found;
}

function line(text: string, at: number): MarkedLine {
  return { number: at + 1, text, differs: false };
}

function markBlock(left: MarkedLine[], right: MarkedLine[]): void {
  for (const item of [...left, ...right]) {
    item.differs = true;
  }
  if (left.length === right.length) {
    left.forEach((item, at) => markWithin(item, right[at]));
  }
}

/** Mark what is between the common beginning and the common end of two lines. */
function markWithin(left: MarkedLine, right: MarkedLine): void {
  const [a, b] = [Array.from(left.text), Array.from(right.text)];
  const [start, end] = commonEnds(a, b);
  left.mark = [start, a.length - end];
  right.mark = [start, b.length - end];
}

/** How many items two lists have in common at the beginning, and at the end of what is left. */
function commonEnds(a: readonly string[], b: readonly string[]): [number, number] {
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) {
    start += 1;
  }
  let end = 0;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) {
    end += 1;
  }
  return [start, end];
}

/** The positions of a longest common subsequence of lines. */
function common(before: string[], after: string[]): [number, number][] {
  const [start, end] = commonEnds(before, after);
  const head = Array.from({ length: start }, (_, at): [number, number] => [at, at]);
  const tail = Array.from({ length: end }, (_, at): [number, number] => [
    before.length - end + at,
    after.length - end + at
  ]);
  const middle = table(
    before.slice(start, before.length - end),
    after.slice(start, after.length - end)
  );
  return [...head, ...middle.map(([i, j]): [number, number] => [i + start, j + start]), ...tail];
}

function table(before: string[], after: string[]): [number, number][] {
  const width = after.length + 1;
  if (before.length * width > MOST) {
    return []; // so long that nobody reads it: all of it differs
  }
  const lengths = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        before[i] === after[j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < before.length && j < after.length;) {
    if (before[i] === after[j]) {
      pairs.push([i++, j++]);
    } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
      i += 1;
    } else {
      j += 1;
    }
  }
  return pairs;
}
