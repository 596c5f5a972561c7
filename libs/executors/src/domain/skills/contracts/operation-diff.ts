import { Severity } from '@aet/contracts';
import type { ApiOperation, ApiParameter } from './api-model.js';
import type { Changes } from './contract-change.js';
import type { OperationPair } from './operation-pair.js';
import { compareResponses } from './response-diff.js';
import type { SchemaDiff } from './schema-diff.js';
import { compareSecurity } from './security-diff.js';

export function compareOperation(
  from: ApiOperation,
  to: ApiOperation,
  changes: Changes,
  schemas: SchemaDiff,
  turned: boolean,
): void {
  const pair: OperationPair = {
    from,
    to,
    changes,
    schemas,
    inbound: turned ? 'response' : 'request',
    outbound: turned ? 'request' : 'response',
  };
  compareParameters(pair);
  compareBody(pair);
  compareResponses(pair);
  compareSecurity(from, to, changes);
  if (from.operationId !== undefined && to.operationId !== from.operationId) {
    changes.add({
      rule: 'api/operation-id-changed',
      severity: Severity.Low,
      message: `${to.label}: operationId changed from ${from.operationId} to ${to.operationId ?? 'none'}: generated client code gets another method name`,
      side: 'new',
      pointer: to.pointer,
    });
  }
}

function compareParameters(pair: OperationPair): void {
  const { from, to, changes } = pair;
  const moved = new Set<string>();
  for (const [key, parameter] of from.parameters) {
    const same = to.parameters.get(key);
    if (same) {
      compareParameter(pair, parameter, same);
      continue;
    }
    const elsewhere = [...to.parameters].find(
      ([other, candidate]) => candidate.name === parameter.name && !from.parameters.has(other),
    );
    if (elsewhere) moved.add(elsewhere[0]);
    changes.add(
      elsewhere
        ? {
            rule: 'api/parameter-moved',
            severity: Severity.High,
            message: `${to.label}: the parameter ${parameter.name} moved from ${parameter.in} to ${elsewhere[1].in}`,
            side: 'new',
            pointer: elsewhere[1].pointer,
            remedy: 'Accept the parameter in both places for a while.',
          }
        : {
            rule: 'api/parameter-removed',
            severity: Severity.Medium,
            message: `${to.label}: the ${parameter.in} parameter ${parameter.name} was removed: clients that send it are ignored or refused`,
            side: 'old',
            pointer: parameter.pointer,
          },
    );
  }
  for (const [key, parameter] of to.parameters) {
    if (from.parameters.has(key) || moved.has(key) || !parameter.required) continue;
    changes.add({
      rule: 'api/required-parameter-added',
      severity: Severity.High,
      message: `${to.label}: the ${parameter.in} parameter ${parameter.name} was added and is required`,
      side: 'new',
      pointer: parameter.pointer,
      remedy: 'Make the parameter optional, with a default on the server.',
    });
  }
}

function compareParameter(pair: OperationPair, from: ApiParameter, to: ApiParameter): void {
  const what = `${pair.to.label}: the ${to.in} parameter ${to.name}`;
  const at = { side: 'new', pointer: to.pointer } as const;
  if (to.required && !from.required) {
    pair.changes.add({
      ...at,
      rule: 'api/parameter-became-required',
      severity: Severity.High,
      message: `${what} became required`,
      remedy: 'Keep it optional, with a default on the server.',
    });
  }
  if (from.serialization !== to.serialization) {
    pair.changes.add({
      ...at,
      rule: 'api/parameter-serialization-changed',
      severity: Severity.Medium,
      message: `${what} is written differently: ${from.serialization} → ${to.serialization}`,
    });
  }
  if (from.schema && to.schema)
    pair.schemas.compare(from.schema, to.schema, pair.inbound, `${pair.to.label}, ${to.in} parameter ${to.name}`);
}

function compareBody(pair: OperationPair): void {
  const { from, to, changes, schemas } = pair;
  if (!from.body && !to.body) return;
  if (!to.body && from.body) {
    changes.add({
      rule: 'api/request-body-removed',
      severity: Severity.Medium,
      message: `${to.label}: the request body was removed`,
      side: 'old',
      pointer: from.body.pointer,
    });
    return;
  }
  if (!to.body) return;
  const at = { side: 'new', pointer: to.body.pointer } as const;
  if (to.body.required && !from.body?.required) {
    const became = from.body ? 'became required' : 'was added and is required';
    changes.add({
      ...at,
      rule: 'api/request-body-required',
      severity: Severity.High,
      message: `${to.label}: the request body ${became}`,
    });
  }
  for (const [type, schema] of from.body?.media ?? []) {
    const same = to.body.media.get(type) ?? to.body.media.get('*/*');
    if (same) schemas.compare(schema, same, pair.inbound, `${to.label}, request body:`);
    else {
      changes.add({
        ...at,
        rule: 'api/request-media-type-removed',
        severity: Severity.High,
        message: `${to.label}: a request body of type ${type} is no longer accepted`,
      });
    }
  }
}
