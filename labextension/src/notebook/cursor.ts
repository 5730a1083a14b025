// Whether code may go to the cursor, or a new cell is better.

/** Code goes to the cursor where the cell, or the cursor's line, is empty; elsewhere it would break what stands there. */
export function takesCode(source: string, line: number): boolean {
  return (source.split('\n')[line] ?? '').trim() === '';
}

/** The notebook and the cell in the id of a cell's ref, `road.ipynb#train`. */
export function parseCell(id: string): { path: string; cell: string } {
  const mark = id.lastIndexOf('#');
  return mark < 0 ? { path: id, cell: '' } : { path: id.slice(0, mark), cell: id.slice(mark + 1) };
}
