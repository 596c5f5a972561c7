import { Certainty, Severity } from '@aet/contracts';
import { asObject, canonical } from '../json.js';
import type { ApiModel, ApiOperation, ApiPath } from './api-model.js';
import { Changes } from './contract-change.js';
import { compareOperation } from './operation-diff.js';
import type { Located } from './references.js';
import { SchemaDiff } from './schema-diff.js';
import { compareSecuritySchemes } from './security-diff.js';

/** Texts for people and names for generators do not make an operation another one. */
const TEXTS = new Set(['description', 'summary', 'operationId', 'tags', 'externalDocs', 'example', 'examples', 'deprecated']);

/** Compares two versions of an API. Both sides may be of different OpenAPI generations. */
export function compareApis(from: ApiModel, to: ApiModel): Changes {
  const changes = new Changes();
  const schemas = new SchemaDiff({ from: from.references, to: to.references }, changes, Certainty.Likely);
  comparePaths(from.paths, to.paths, changes, schemas, false);
  comparePaths(from.webhooks, to.webhooks, changes, schemas, true);
  compareServers(from, to, changes);
  compareSecuritySchemes(from, to, changes);
  compareSchemas(from, to, changes, schemas);
  return changes;
}

function comparePaths(
  from: Map<string, ApiPath>,
  to: Map<string, ApiPath>,
  changes: Changes,
  schemas: SchemaDiff,
  turned: boolean,
): void {
  const added = new Map([...to].filter(([key]) => !from.has(key)));
  const fingerprints = new Map(
    [...added].filter(([, path]) => path.operations.size > 0).map(([key, path]) => [fingerprint(path), key]),
  );
  for (const [key, path] of from) {
    const same = to.get(key);
    if (same) {
      compareMethods(path, same, changes, schemas, turned);
      continue;
    }
    const mark = fingerprint(path);
    const renamed = added.get(fingerprints.get(mark) ?? '');
    if (renamed) {
      // Two paths cannot have become one.
      fingerprints.delete(mark);
      changes.add({
        rule: 'api/path-renamed',
        severity: removalSeverity([...path.operations.values()]),
        message: `the path ${path.template} was renamed to ${renamed.template}: calls to the old one fail`,
        side: 'new',
        pointer: renamed.pointer,
        remedy: `Serve ${path.template} as well until no client calls it.`,
      });
    } else {
      changes.add({
        rule: 'api/path-removed',
        severity: removalSeverity([...path.operations.values()]),
        message: `the path ${path.template} was removed, with ${[...path.operations.keys()].map((method) => method.toUpperCase()).join(', ') || 'no operations'}`,
        side: 'old',
        pointer: path.pointer,
        remedy: 'Keep the path and mark its operations deprecated until no client calls it.',
      });
    }
  }
}

/** What was announced as deprecated may go; it still breaks who did not listen. */
const removalSeverity = (operations: readonly ApiOperation[]): Severity =>
  operations.length > 0 && operations.every((operation) => operation.deprecated) ? Severity.Medium : Severity.High;

/** Placeholders count by position, texts not at all. */
function fingerprint(path: ApiPath): string {
  const names = [...path.template.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? '');
  const operations = [...path.operations]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([method, operation]) => `${method} ${canonical(operation.value, TEXTS)}`);
  return names.reduce(
    (text, name, i) => text.replaceAll(`"name":${JSON.stringify(name)}`, `"name":"{${i}}"`),
    operations.join('\n'),
  );
}

function compareMethods(from: ApiPath, to: ApiPath, changes: Changes, schemas: SchemaDiff, turned: boolean): void {
  for (const [method, operation] of from.operations) {
    const same = to.operations.get(method);
    if (same) {
      compareOperation(operation, same, changes, schemas, turned);
      continue;
    }
    changes.add({
      rule: 'api/operation-removed',
      severity: removalSeverity([operation]),
      message: `the operation ${operation.label} was removed`,
      side: 'old',
      pointer: operation.pointer,
      remedy: 'Keep the operation and mark it deprecated until no client calls it.',
    });
  }
}

function compareServers(from: ApiModel, to: ApiModel, changes: Changes): void {
  const gone = from.servers.filter((server) => !to.servers.includes(server));
  if (gone.length === 0 || (to.servers.length === 0 && from.servers.every((server) => server === '/'))) return;
  changes.add({
    rule: 'api/server-removed',
    severity: Severity.Medium,
    certainty: Certainty.Likely,
    message: `the base address ${gone.join(', ')} is no longer listed`,
    side: 'new',
    pointer: '',
  });
}

/** Schemas by name. One that no operation uses is compared as a schema of its own: others may import it. */
function compareSchemas(from: ApiModel, to: ApiModel, changes: Changes, diff: SchemaDiff): void {
  const added = [...to.schemas].filter(([name]) => !from.schemas.has(name));
  for (const [name, schema] of from.schemas) {
    const same = to.schemas.get(name);
    if (same) {
      if (!diff.reached.has(from.references.resolve(schema).pointer)) diff.compare(schema, same, 'schema', `schema ${name}:`);
      continue;
    }
    const renamed = added.find(([, candidate]) => sameSchema(schema, candidate));
    changes.add({
      rule: renamed ? 'api/schema-renamed' : 'api/schema-removed',
      severity: renamed ? Severity.Low : Severity.Medium,
      message: renamed
        ? `the schema ${name} was renamed to ${renamed[0]}: generated client code gets another type name`
        : `the schema ${name} was removed`,
      ...(renamed ? { side: 'new' as const, pointer: renamed[1].pointer } : { side: 'old' as const, pointer: schema.pointer }),
    });
  }
}

const sameSchema = (a: Located, b: Located): boolean =>
  Object.keys(asObject(a.value)).length > 0 && canonical(a.value, TEXTS) === canonical(b.value, TEXTS);
