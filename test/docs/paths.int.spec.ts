import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../apps/gateway/src/transport/openapi/routes.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/api.md', import.meta.url)), 'utf8');

/** The paths of the table, with those that a row names beside its first: "Also `…/resume`". */
const written = page.split('\n').flatMap((line) => {
  const [, method, path = ''] = /^\| `(GET|POST|PUT|DELETE) (\/v1\/\S+)`/.exec(line) ?? [];
  if (method === undefined) return [];
  const also = [...line.matchAll(/`…(\/[\w-]+)`/g)].map(([, end = '']) => path.replace(/\/[^/]+$/, end));
  return [path, ...also].map((one) => `${method} ${one}`);
});

describe('docs/api.md', () => {
  it('has a row for each path of the gateway, and no other', () => {
    const described = ROUTES.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(written.toSorted()).toEqual(described.toSorted());
  });
});
