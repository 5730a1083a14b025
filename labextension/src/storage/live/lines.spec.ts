// Comparing and folding lines.
import { describe, expect, it } from 'vitest';

import { compareLines, foldLines } from './lines';

const shown = (lines: ReturnType<typeof compareLines>[0]): string[] =>
  lines.map(line => {
    const [start, end] = line.mark ?? [0, 0];
    const text = line.mark
      ? `${line.text.slice(0, start)}[${line.text.slice(start, end)}]${line.text.slice(end)}`
      : line.text;
    return `${line.number}${line.differs ? '+' : ' '}${text}`;
  });

describe('compareLines', () => {
  it('marks what differs within lines that stand against each other', () => {
    const [left, right] = compareLines('a\n  depth=6, eta=0.1)\nz', 'a\n  depth=8, eta=0.05)\nz');
    expect(shown(left)).toEqual(['1 a', '2+  depth=[6, eta=0.1])', '3 z']);
    expect(shown(right)).toEqual(['1 a', '2+  depth=[8, eta=0.05])', '3 z']);
  });

  it('finds lines that were put in and lines that moved on', () => {
    const [left, right] = compareLines('one\ntwo\nthree', 'zero\none\nthree\nfour');
    expect(shown(left)).toEqual(['1 one', '2+two', '3 three']);
    expect(shown(right)).toEqual(['1+zero', '2 one', '3 three', '4+four']);
  });

  it('keeps equal, empty and overlong sources apart from a mistake', () => {
    expect(
      compareLines('x\n', 'x\n')
        .flat()
        .some(line => line.differs)
    ).toBe(false);
    expect(
      compareLines('', 'a')
        .flat()
        .every(line => line.differs)
    ).toBe(true);
    expect(shown(compareLines('aa', 'aaa')[1])).toEqual(['1+aa[a]']);
    const long = (of: string): string => Array.from({ length: 2500 }, (_, n) => of + n).join('\n');
    expect(compareLines(long('a'), long('b'))[0].every(line => line.differs)).toBe(true);
  });
});

describe('foldLines', () => {
  const folds = (lines: ReturnType<typeof compareLines>[0]): string[] =>
    foldLines(lines).map(
      ({ folded, lines: part }) => `${folded ? 'folded' : 'shown'} ${part.length}`
    );

  it('folds equal lines far from what differs, but never few', () => {
    const text = Array.from({ length: 12 }, (_, n) => `line ${n}`);
    const [end] = compareLines(text.join('\n'), [...text.slice(0, 11), 'other'].join('\n'));
    expect(folds(end)).toEqual(['folded 8', 'shown 4']);
    expect(folds(end.slice(5))).toEqual(['shown 7']);
    const [middle] = compareLines(text.join('\n'), text.filter((_, n) => n !== 4).join('\n'));
    expect(folds(middle)).toEqual(['shown 8', 'folded 4']);
    expect(folds(compareLines('a', 'a')[0])).toEqual(['shown 1']);
  });
});
