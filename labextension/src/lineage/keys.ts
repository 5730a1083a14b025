// Where the keys lead in a graph: left and right along edges, up and down in a layer, Tab to the next layer.

import type { Picture, Placed } from './layout';

/** The ref that a key leads to from a node; undefined where it leads nowhere. */
export function leadsTo(
  picture: Picture,
  ref: string,
  key: string,
  back = false
): string | undefined {
  const here = picture.nodes.find(placed => placed.node.ref === ref);
  if (!here) {
    return picture.nodes[0]?.node.ref;
  }
  if (key === 'ArrowRight' || key === 'ArrowLeft') {
    return nearest(here, neighbours(picture, ref, key === 'ArrowRight'));
  }
  if (key === 'ArrowDown' || key === 'ArrowUp') {
    const down = key === 'ArrowDown';
    const layer = picture.nodes
      .filter(placed => placed.x === here.x && (down ? placed.y > here.y : placed.y < here.y))
      .sort((a, b) => (down ? a.y - b.y : b.y - a.y));
    return layer[0]?.node.ref;
  }
  if (key === 'Tab') {
    const at = picture.layers.findIndex(layer => layer.x === here.x);
    const next = picture.layers[at + (back ? -1 : 1)];
    return (
      next &&
      nearest(
        here,
        picture.nodes.filter(placed => placed.x === next.x)
      )
    );
  }
  return undefined;
}

function neighbours(picture: Picture, ref: string, ahead: boolean): Placed[] {
  const refs = new Set(
    picture.edges
      .filter(({ edge }) => (ahead ? edge.from : edge.to) === ref)
      .map(({ edge }) => (ahead ? edge.to : edge.from))
  );
  return picture.nodes.filter(placed => refs.has(placed.node.ref));
}

function nearest(here: Placed, others: readonly Placed[]): string | undefined {
  const far = (placed: Placed): number => Math.abs(placed.y - here.y);
  return [...others].sort((a, b) => far(a) - far(b))[0]?.node.ref;
}
