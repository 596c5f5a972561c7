import { Severity } from '@aet/contracts';
import { asObject, canonical } from '../json.js';
import type { ApiModel, ApiOperation } from './api-model.js';
import type { Changes } from './contract-change.js';

type Alternative = ReadonlyMap<string, ReadonlySet<string>>;

const show = (alternative: Alternative): string =>
  alternative.size === 0
    ? 'no credentials'
    : [...alternative]
        .map(([scheme, scopes]) => (scopes.size === 0 ? scheme : `${scheme} [${[...scopes].join(', ')}]`))
        .join(' and ');

/** Whoever satisfies `held` satisfies `asked`. */
const covers = (held: Alternative, asked: Alternative): boolean =>
  [...asked].every(([scheme, scopes]) => {
    const have = held.get(scheme);
    return have !== undefined && [...scopes].every((scope) => have.has(scope));
  });

const sameSchemes = (a: Alternative, b: Alternative): boolean => [...b.keys()].every((scheme) => a.has(scheme));

/** A client that got in with one of the old alternatives must get in with one of the new. Nothing asked is one empty alternative. */
export function compareSecurity(from: ApiOperation, to: ApiOperation, changes: Changes): void {
  const old: Alternative[] = from.security.length === 0 ? [new Map()] : from.security;
  const now: Alternative[] = to.security.length === 0 ? [new Map()] : to.security;
  for (const held of old) {
    if (now.some((asked) => covers(held, asked))) continue;
    const scopesOnly = held.size > 0 && now.some((asked) => sameSchemes(held, asked));
    const rule = held.size === 0 ? 'api/security-added' : scopesOnly ? 'api/security-scope-added' : 'api/security-changed';
    changes.add({
      rule,
      severity: Severity.High,
      message: `${to.label}: ${show(held)} was enough, now ${now.map(show).join(', or ')} is asked for`,
      side: 'new',
      pointer: to.pointer,
      remedy: 'Accept the old way as well until all clients have changed.',
    });
  }
}

export function compareSecuritySchemes(from: ApiModel, to: ApiModel, changes: Changes): void {
  const texts = new Set(['description', 'scopes']);
  for (const [name, was] of from.securitySchemes) {
    const is = to.securitySchemes.get(name);
    if (!is) continue;
    const [a, b] = [from.references.resolve(was), to.references.resolve(is)];
    if (canonical(asObject(a.value), texts) === canonical(asObject(b.value), texts)) continue;
    changes.add({
      rule: 'api/security-scheme-changed',
      severity: Severity.High,
      message: `the security scheme ${name} changed: clients must present their credentials in another way`,
      side: 'new',
      pointer: b.pointer,
    });
  }
}
