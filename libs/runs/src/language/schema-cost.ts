/** Larger ones belong in the executor. Schemas, inside and by reference, as often as they would be looked at. */
const LARGEST_SCHEMA = 2000;
/** Levels of schemas in schemas. */
const DEEPEST_SCHEMA = 64;
/** Objects are compared each with each: so many at most. */
const LONGEST_UNIQUE = 1000;

const NAMED = /^#\/\$defs\/([^/~%]+)$/;

/**
 * Why checking a value against the schema could take longer than the value warrants; nothing when it could not. References lead to `#/$defs/<name>`
 * and never in a circle, and what they unfold to has a limit: two references in each of thirty definitions are a billion schemas.
 */
export function schemaProblem(schema: unknown): string | undefined {
  try {
    new Unfolding(schema).sizeOf(schema, 0);
    return undefined;
  } catch (error) {
    if (error instanceof TooMuch) return error.message;
    throw error;
  }
}

class TooMuch extends Error {}

class Unfolding {
  private readonly sizes = new Map<string, number>();
  private readonly open = new Set<string>();
  private readonly defs: Readonly<Record<string, unknown>>;

  constructor(root: unknown) {
    const { $defs } = (root ?? {}) as { $defs?: unknown };
    this.defs = typeof $defs === 'object' && $defs !== null ? ($defs as Record<string, unknown>) : {};
  }

  /** Counts values of data as well (of `enum`, `default`): they only make it larger. */
  sizeOf(node: unknown, depth: number): number {
    if (depth > DEEPEST_SCHEMA) throw new TooMuch(`is deeper than ${DEEPEST_SCHEMA} levels`);
    if (typeof node !== 'object' || node === null) return 0;
    let size = 1;
    for (const [key, inner] of Object.entries(node)) {
      if (key === '$dynamicRef' || key === '$recursiveRef') throw new TooMuch(`uses "${key}", which is not supported here`);
      if (key === '$ref' && typeof inner === 'string') size += this.referenced(inner, depth);
      else if (key === '$defs' && depth === 0) size += 0;
      else size += this.sizeOf(inner, depth + 1);
      if (size > LARGEST_SCHEMA)
        throw new TooMuch(`unfolds to more than ${LARGEST_SCHEMA} schemas: check less, or in the executor`);
    }
    checkUnique(node);
    return size;
  }

  private referenced(reference: string, depth: number): number {
    const name = NAMED.exec(reference)?.[1];
    if (name === undefined || !Object.hasOwn(this.defs, name))
      throw new TooMuch(`"$ref": "${reference}" does not lead to a definition of the schema: "#/$defs/<name>"`);
    const known = this.sizes.get(name);
    if (known !== undefined) return known;
    if (this.open.has(name)) throw new TooMuch(`"$ref": "${reference}" leads back to itself: it would have no end`);
    this.open.add(name);
    const size = this.sizeOf(this.defs[name], depth + 1);
    this.open.delete(name);
    this.sizes.set(name, size);
    return size;
  }
}

const SCALARS = new Set(['string', 'number', 'integer', 'boolean', 'null']);

function checkUnique(node: object): void {
  const { uniqueItems, maxItems, items } = node as { uniqueItems?: unknown; maxItems?: unknown; items?: { type?: unknown } };
  if (uniqueItems !== true) return;
  const scalar = typeof items?.type === 'string' && SCALARS.has(items.type);
  const short = typeof maxItems === 'number' && maxItems <= LONGEST_UNIQUE;
  if (!scalar && !short)
    throw new TooMuch(`uniqueItems needs items of one simple type, or maxItems of at most ${LONGEST_UNIQUE}`);
}
