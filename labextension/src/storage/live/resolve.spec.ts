// Settling conflicts in a real shared document.
import { YNotebook } from '@jupyter/ydoc';
import { describe, expect, it } from 'vitest';

import { conflictOf, type Kept, settle } from './resolve';

const NAMES = { oursName: 'room', theirsName: 'disk', baseName: 'before' };

function notebook(
  source: string,
  sides: { ours: string | null; theirs: string | null },
  more: Record<string, string> = {}
): YNotebook {
  const made = YNotebook.create();
  const conflict = { ...sides, base: 'x = 0', ...NAMES };
  made.insertCell(0, {
    cell_type: 'code',
    id: 'first',
    source,
    metadata: { tags: ['kept'], perijove: { conflict, ...more } }
  });
  made.insertCell(1, { cell_type: 'markdown', id: 'last', source: 'end' });
  return made;
}

const sources = (made: YNotebook): string[] => made.cells.map(cell => cell.getSource());

describe('settle', () => {
  const sides = { ours: 'x = 1\ny', theirs: 'x = 2\ny' };
  const cases: [Kept, string[]][] = [
    ['ours', ['x = 1\ny', 'end']],
    ['theirs', ['x = 2\ny', 'end']],
    ['both', ['x = 1\ny', 'x = 2\ny', 'end']]
  ];
  it.each(cases)('with %s', (pick, expected) => {
    const made = notebook('x = 1\ny', sides);
    settle(made, made.cells[0], pick);
    expect(sources(made)).toEqual(expected);
    expect(made.cells[0].getMetadata()).toEqual({ tags: ['kept'] });
    expect(made.cells[0].getId()).toBe('first');
  });

  it('counts what was typed since as yours', () => {
    const made = notebook('x = 3', sides);
    settle(made, made.cells[0], 'ours');
    expect(sources(made)).toEqual(['x = 3', 'end']);
  });

  it('keeps what else is held beside the conflict', () => {
    const made = notebook('x = 1\ny', sides, { more: 'held' });
    settle(made, made.cells[0], 'theirs');
    expect(made.cells[0].getMetadata('perijove')).toEqual({ more: 'held' });
    expect(conflictOf(made.cells[0])).toBeNull();
  });

  it('deletes the cell where the side that was chosen has none', () => {
    const gone = notebook('x = 2', { ours: null, theirs: 'x = 2' });
    settle(gone, gone.cells[0], 'ours');
    expect(sources(gone)).toEqual(['end']);
    const kept = notebook('x = 2', { ours: null, theirs: 'x = 2' });
    settle(kept, kept.cells[0], 'theirs');
    expect(sources(kept)).toEqual(['x = 2', 'end']);
    const theirs = notebook('x = 1', { ours: 'x = 1', theirs: null });
    settle(theirs, theirs.cells[0], 'theirs');
    expect(sources(theirs)).toEqual(['end']);
  });

  it('does nothing to a cell that is settled already', () => {
    const made = notebook('x = 1', sides);
    const cell = made.cells[0];
    settle(made, cell, 'theirs');
    settle(made, cell, 'ours');
    expect(sources(made)).toEqual(['x = 2\ny', 'end']);
  });
});
