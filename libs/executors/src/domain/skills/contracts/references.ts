import { isObject, type JsonObject } from '../json.js';
import { childPointer, pointerKeys } from './json-pointer.js';

/** A value of a document with the place where it stands. */
export interface Located<T = unknown> {
  value: T;
  pointer: string;
}

/** Follows `$ref` inside one document. References to other files are collected, not followed. */
export class References {
  readonly external = new Set<string>();
  readonly broken = new Set<string>();
  private readonly ids = new Map<string, string>();

  constructor(private readonly root: JsonObject) {
    this.indexIds(root, '', 0);
  }

  /** The value behind any chain of references. A cycle of bare references ends at its first member. */
  resolve(at: Located): Located {
    const seen = new Set<string>();
    let current = at;
    for (;;) {
      const reference = isObject(current.value) ? current.value['$ref'] : undefined;
      if (typeof reference !== 'string') return current;
      const next = this.lookup(reference);
      if (next === undefined || seen.has(next.pointer)) return current;
      seen.add(next.pointer);
      current = next;
    }
  }

  child(at: Located, ...keys: (string | number)[]): Located | undefined {
    let value: unknown = at.value;
    for (const key of keys) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      value = (value as Record<string | number, unknown>)[key];
    }
    return value === undefined ? undefined : { value, pointer: childPointer(at.pointer, ...keys) };
  }

  private lookup(reference: string): Located | undefined {
    const pointer = reference.startsWith('#') ? fragment(reference) : this.ids.get(reference);
    if (pointer === undefined) {
      this.external.add(reference);
      return undefined;
    }
    const target = pointer.startsWith('/') || pointer === '' ? this.at(pointer) : this.anchor(pointer);
    if (target === undefined) this.broken.add(reference);
    return target;
  }

  private at(pointer: string): Located | undefined {
    let value: unknown = this.root;
    for (const key of pointerKeys(pointer)) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      value = (value as Record<string, unknown>)[key];
    }
    return { value, pointer };
  }

  private anchor(name: string): Located | undefined {
    const pointer = this.ids.get(`#${name}`);
    return pointer === undefined ? undefined : this.at(pointer);
  }

  /** `$id`, `id` and `$anchor` of definitions, so that they can be named. 6 levels hold every `$defs` that we met. */
  private indexIds(value: unknown, pointer: string, depth: number): void {
    if (!isObject(value) || depth > 6) return;
    const { $id, $anchor } = value;
    if (typeof $id === 'string') this.ids.set($id, pointer);
    if (typeof $anchor === 'string') this.ids.set(`#${$anchor}`, pointer);
    for (const [key, child] of Object.entries(value)) this.indexIds(child, childPointer(pointer, key), depth + 1);
  }
}

function fragment(reference: string): string {
  try {
    return decodeURIComponent(reference.slice(1));
  } catch {
    return reference.slice(1);
  }
}
