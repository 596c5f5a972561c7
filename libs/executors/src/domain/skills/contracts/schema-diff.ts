import { Certainty, Severity } from '@aet/contracts';
import { asObject, canonical, isObject } from '../json.js';
import type { Changes, Direction } from './contract-change.js';
import type { Located, References } from './references.js';
import { compareLimits, type LimitChange } from './schema-limits.js';
import type { SchemaPair } from './schema-pair.js';
import { compareProperties } from './schema-properties.js';
import { describeTypes, typesNotIn } from './schema-types.js';
import { compareVariants } from './schema-variants.js';
import { viewSchema } from './schema-view.js';

export interface Sides {
  from: References;
  to: References;
}

/** Deeper than any schema that people write; the guard for references that grow. */
const MAX_DEPTH = 64;

/** Compares two schemas in depth. Keeps what it has compared, so that a recursive schema ends and a shared one is compared once. */
export class SchemaDiff {
  private readonly compared = new Set<string>();
  /** Pointers in the old document that were compared with a known direction: guessing about them would only add noise. */
  readonly reached = new Set<string>();

  constructor(
    private readonly sides: Sides,
    private readonly changes: Changes,
    /** Of findings about a schema whose direction is not known. Absent: certain. */
    private readonly undirected?: Certainty,
  ) {}

  compare(fromAt: Located, toAt: Located, direction: Direction, label: string, depth = 0): void {
    const from = viewSchema(fromAt, this.sides.from);
    const to = viewSchema(toAt, this.sides.to);
    if (direction === 'schema' && this.reached.has(from.pointer)) return;
    if (direction !== 'schema') this.reached.add(from.pointer);
    const key = `${direction}\0${from.pointer}\0${fromAt.pointer === from.pointer ? '' : canonical(asObject(fromAt.value))}\0${to.pointer}`;
    if (this.compared.has(key) || depth > MAX_DEPTH) return;
    this.compared.add(key);
    if (externalChanged(fromAt, toAt)) {
      this.changes.add({
        rule: 'schema/external-reference-changed',
        severity: Severity.Low,
        certainty: Certainty.Possible,
        message: `${label}: a reference to another file changed and was not followed`,
        side: 'new',
        pointer: toAt.pointer,
      });
    }
    const guess = direction === 'schema' && this.undirected !== undefined ? { certainty: this.undirected } : {};
    comparePair({
      from,
      to,
      direction,
      label,
      report: (change) => this.changes.add({ ...guess, side: 'new', pointer: to.pointer, ...change }),
      descend: (a, b, name) => this.compare(a, b, direction, name, depth + 1),
    });
  }
}

const externalReference = (at: Located): string | undefined => {
  const reference = isObject(at.value) ? at.value['$ref'] : undefined;
  return typeof reference === 'string' && !reference.startsWith('#') ? reference : undefined;
};
const externalChanged = (from: Located, to: Located): boolean => externalReference(from) !== externalReference(to);

function comparePair(pair: SchemaPair): void {
  const { from, to, direction } = pair;
  if (to.never && !from.never && direction !== 'response') {
    pair.report({ rule: 'schema/type-changed', severity: Severity.High, message: `${pair.label}: nothing is accepted any more` });
    return;
  }
  if (compareTypes(pair) === 'disjoint') return;
  compareValues(pair);
  for (const limit of compareLimits(from.keywords, to.keywords)) reportLimit(pair, limit);
  compareProperties(pair);
  compareItems(pair);
  compareVariants(pair);
  compareConditions(pair);
}

function compareTypes(pair: SchemaPair): 'disjoint' | 'overlap' {
  const { from, to, direction, label } = pair;
  const lost = typesNotIn(from.types, to.types);
  const gained = typesNotIn(to.types, from.types);
  if (lost.length === 0 && gained.length === 0) return 'overlap';
  const text = `${label}: type changed from ${describeTypes(from.types)} to ${describeTypes(to.types)}`;
  const overlap =
    from.types === undefined ||
    to.types === undefined ||
    [...from.types].some((type) => !lost.includes(type)) ||
    [...to.types].some((type) => !gained.includes(type));
  if (!overlap) {
    pair.report({
      rule: 'schema/type-changed',
      severity: Severity.High,
      message: text,
      remedy: 'Keep the type, or add a new field beside it.',
    });
    return 'disjoint';
  }
  if (direction !== 'response' && lost.length > 0) {
    pair.report({ rule: 'schema/type-narrowed', severity: Severity.High, message: `${text}: ${lost.join(', ')} is now refused` });
  } else if (direction === 'response' && gained.length > 0) {
    pair.report({
      rule: 'schema/type-widened',
      severity: Severity.High,
      message: `${text}: clients can now receive ${gained.join(', ')}`,
    });
  }
  return 'overlap';
}

function compareValues(pair: SchemaPair): void {
  const { from, to, direction, label } = pair;
  const [old, now] = direction === 'response' ? [to.values, from.values] : [from.values, to.values];
  if (now === undefined) return;
  const response = direction === 'response';
  if (old === undefined) {
    const message = response
      ? `${label}: the list of values is gone, so any value can be sent`
      : `${label}: only listed values are accepted now: ${shown([...now.values()])}`;
    pair.report({
      rule: response ? 'schema/enum-widened' : 'schema/enum-narrowed',
      severity: response ? Severity.Medium : Severity.High,
      message,
    });
    return;
  }
  const missing = [...old].filter(([key]) => !now.has(key)).map(([, text]) => text);
  if (missing.length === 0) return;
  const message = response
    ? `${label}: clients can now receive the new values ${shown(missing)}`
    : `${label}: the values ${shown(missing)} are no longer accepted`;
  pair.report({
    rule: response ? 'schema/enum-widened' : 'schema/enum-narrowed',
    severity: response ? Severity.Medium : Severity.High,
    message,
  });
}

const shown = (values: readonly string[]): string =>
  values.length > 8 ? `${values.slice(0, 8).join(', ')} and ${values.length - 8} more` : values.join(', ');

function reportLimit(pair: SchemaPair, limit: LimitChange): void {
  const response = pair.direction === 'response';
  const breaking = limit.move === 'changed' || limit.move === (response ? 'loosened' : 'tightened');
  // `format` is an annotation for most readers.
  const soft = limit.keyword === 'format' || response;
  if (!breaking) return;
  const rule = limit.move === 'changed' ? 'schema/limit-changed' : `schema/limit-${limit.move}`;
  const change = { rule, severity: soft ? Severity.Low : Severity.Medium, message: `${pair.label}: ${limit.text}` };
  pair.report(limit.move === 'changed' ? { ...change, certainty: Certainty.Possible } : change);
}

function compareItems(pair: SchemaPair): void {
  const { from, to, label } = pair;
  const open: Located = { value: true, pointer: to.pointer };
  if (from.items || to.items) {
    pair.descend(
      from.items ?? { value: true, pointer: `${from.pointer}/items` },
      to.items ?? { ...open, pointer: `${to.pointer}/items` },
      `${label}[]`,
    );
  }
  from.tuple.forEach((item, i) => {
    const other = to.tuple[i] ?? to.items;
    if (other) pair.descend(item, other, `${label}[${i}]`);
  });
}

/** What cannot be compared by inclusion is reported when it differs, and says that it is a guess. */
function compareConditions(pair: SchemaPair): void {
  const keywords = [
    'not',
    'if',
    'then',
    'else',
    'dependentRequired',
    'dependentSchemas',
    'dependencies',
    'contains',
    'propertyNames',
  ];
  const text = new Set(['description', 'title', 'summary', 'example', 'examples']);
  for (const keyword of keywords) {
    if (canonical(pair.from.keywords[keyword], text) === canonical(pair.to.keywords[keyword], text)) continue;
    pair.report({
      rule: 'schema/condition-changed',
      severity: Severity.Low,
      certainty: Certainty.Possible,
      message: `${pair.label}: "${keyword}" changed; whether that breaks clients needs a human eye`,
    });
  }
}
