// Paths of the server's disk as the file browser names them.

/** A path below the server's root, as the file browser names it; undefined for one that lies elsewhere. */
export function relativeTo(root: string, path: string): string | undefined {
  const top = root.replace(/\/+$/, '');
  if (top.startsWith('~')) {
    // The server writes its home as "~", whose path is not known here: the rest has to be found inside.
    const rest = `${top.slice(1)}/`;
    const at = path.indexOf(rest);
    return rest === '/' || at < 0 ? undefined : path.slice(at + rest.length);
  }
  return path === top ? '' : path.startsWith(`${top}/`) ? path.slice(top.length + 1) : undefined;
}
