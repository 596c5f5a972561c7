import { InternalError } from '@aet/contracts';

/** Entries of one node: small enough to be copied for each change, large enough that a hundred thousand lie four levels deep. */
const WIDTH = 32;

/**
 * A list of which every version stays as it was: a change copies the few nodes on the way to its entry and shares the others, so that
 * a fan-out over a hundred thousand items costs the same for each event. Plain data: it can be compared and copied.
 */
export interface PersistentList<T> {
  readonly length: number;
  /** Levels of nodes above the leaves; the entries stand in the leaves. */
  readonly height: number;
  readonly root: Node<T>;
}
type Node<T> = readonly (T | Node<T>)[];

const EMPTY: PersistentList<never> = { length: 0, height: 0, root: [] };

export const emptyList = <T>(): PersistentList<T> => EMPTY;

export const listOf = <T>(entries: Iterable<T>): PersistentList<T> => {
  let list = emptyList<T>();
  for (const entry of entries) list = withEntry(list, list.length, entry);
  return list;
};

export function entryAt<T>({ length, height, root }: PersistentList<T>, index: number): T | undefined {
  if (!Number.isSafeInteger(index) || index < 0 || index >= length) return undefined;
  let node = root;
  for (let level = height; level > 0; level--) node = node[placeAt(index, level)] as Node<T>;
  return node[index % WIDTH] as T;
}

/** The list with `entry` at `index`, which is one of the list's or the first after it. */
export function withEntry<T>(list: PersistentList<T>, index: number, entry: T): PersistentList<T> {
  if (!Number.isSafeInteger(index) || index < 0 || index > list.length)
    throw new InternalError(`entry ${index} of a list of ${list.length}: tasks come in the order of their items`);
  if (index < list.length) return { ...list, root: changed(list.root, list.height, index, entry) };
  const isFull = list.length === WIDTH ** (list.height + 1);
  const { height, root } = isFull ? { height: list.height + 1, root: [list.root] } : list;
  return { length: list.length + 1, height, root: changed(root, height, index, entry) };
}

function changed<T>(node: Node<T>, level: number, index: number, entry: T): Node<T> {
  const copy = node.slice();
  const place = placeAt(index, level);
  copy[place] = level === 0 ? entry : changed((copy[place] ?? []) as Node<T>, level - 1, index, entry);
  return copy;
}

const placeAt = (index: number, level: number): number => Math.floor(index / WIDTH ** level) % WIDTH;

/** The entries in order. */
export function* entriesOf<T>({ height, root }: PersistentList<T>): Generator<T, void, undefined> {
  yield* below(root, height);
}

function* below<T>(node: Node<T>, level: number): Generator<T, void, undefined> {
  for (const child of node) {
    if (level === 0) yield child as T;
    else yield* below(child as Node<T>, level - 1);
  }
}
