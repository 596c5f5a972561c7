import { Severity } from '@aet/contracts';
import { isObject } from '../json.js';
import type { Located } from './references.js';
import type { SchemaPair } from './schema-pair.js';
import { childPointer } from './json-pointer.js';

/** Object keywords: what is required, what is gone, what extra fields are let through. */
export function compareProperties(pair: SchemaPair): void {
  for (const [name, from] of pair.from.properties) {
    if (invisible(from, pair)) continue;
    const to = pair.to.properties.get(name);
    if (to === undefined) removed(pair, name, from);
    else pair.descend(from, to, field(pair.label, name));
  }
  if (pair.direction === 'response') noLongerPromised(pair);
  else newlyRequired(pair);
  compareAdditional(pair);
  for (const [pattern, from] of pair.from.patternProperties) {
    const to = pair.to.patternProperties.get(pattern);
    if (to) pair.descend(from, to, field(pair.label, `/${pattern}/`));
  }
}

const field = (label: string, name: string): string => (label.endsWith(':') ? `${label} ${name}` : `${label}.${name}`);

/** A `readOnly` field is not part of a request, a `writeOnly` one not of a response. */
function invisible(at: Located, pair: SchemaPair): boolean {
  if (!isObject(at.value)) return false;
  return (
    (pair.direction === 'request' && at.value['readOnly'] === true) ||
    (pair.direction === 'response' && at.value['writeOnly'] === true)
  );
}

const closed = (additional: Located | undefined): boolean => additional?.value === false;

function removed(pair: SchemaPair, name: string, from: Located): void {
  const place = { side: 'old', pointer: from.pointer, rule: 'schema/property-removed' } as const;
  const what = field(pair.label, name);
  if (pair.direction === 'response') {
    pair.report({
      ...place,
      severity: Severity.High,
      message: `${what} was removed: clients that read it get nothing`,
      remedy: 'Keep the field and mark it deprecated until no client reads it.',
    });
  } else if (closed(pair.to.additional)) {
    pair.report({
      ...place,
      severity: Severity.High,
      message: `${what} was removed and other fields are refused: clients that send it fail`,
      remedy: 'Accept the field and ignore it for a while.',
    });
  } else {
    pair.report({
      ...place,
      severity: Severity.Medium,
      message: `${what} was removed: what clients send there is no longer described`,
    });
  }
}

function newlyRequired(pair: SchemaPair): void {
  for (const name of pair.to.required) {
    if (pair.from.required.has(name)) continue;
    const to = pair.to.properties.get(name);
    if (to && invisible(to, pair)) continue;
    const existed = pair.from.properties.has(name);
    const what = field(pair.label, name);
    pair.report({
      rule: existed ? 'schema/property-became-required' : 'schema/required-property-added',
      severity: Severity.High,
      message: existed
        ? `${what} became required: data without it is refused now`
        : `${what} was added and is required: clients do not know it yet`,
      pointer: to?.pointer ?? childPointer(pair.to.pointer, 'required'),
      remedy: 'Make the field optional, with a default on the server.',
    });
  }
}

function noLongerPromised(pair: SchemaPair): void {
  for (const name of pair.from.required) {
    const to = pair.to.properties.get(name);
    if (pair.to.required.has(name) || !to || invisible(to, pair)) continue;
    pair.report({
      rule: 'schema/property-became-optional',
      severity: Severity.Medium,
      message: `${field(pair.label, name)} is no longer always there: clients that rely on it fail`,
      pointer: to.pointer,
    });
  }
}

function compareAdditional(pair: SchemaPair): void {
  const { from, to, direction, label } = pair;
  if (direction !== 'response' && closed(to.additional) && !closed(from.additional)) {
    pair.report({
      rule: 'schema/additional-properties-closed',
      severity: Severity.High,
      message: `${label}: fields that are not listed are refused now`,
      pointer: to.additional?.pointer ?? to.pointer,
    });
  } else if (isObject(from.additional?.value) && isObject(to.additional?.value)) {
    pair.descend(from.additional, to.additional, `${label}.*`);
  } else if (direction !== 'response' && isObject(to.additional?.value) && !closed(from.additional)) {
    pair.descend({ value: true, pointer: `${from.pointer}/additionalProperties` }, to.additional, `${label}.*`);
  }
}
