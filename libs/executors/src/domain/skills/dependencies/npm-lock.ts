import { asObject, asString, isObject } from '../json.js';

export const DEPENDENCY_SOURCE = 'dependency-audit';

/** One installed copy of a package, as package-lock.json (version 2 or 3) names it. */
export interface LockedPackage {
  /** Key in `packages`, such as `node_modules/a/node_modules/b`. */
  place: string;
  name: string;
  version: string;
  resolved: string | undefined;
  integrity: string | undefined;
  licence: string | undefined;
  deprecated: string | undefined;
  /** A folder of the repository itself. */
  link: boolean;
  dev: boolean;
  optional: boolean;
  /** Packed inside another package: it has no address of its own. */
  bundled: boolean;
  hasInstallScript: boolean;
}

export interface NpmLock {
  version: number;
  packages: LockedPackage[];
}

export type ReadLock = { ok: true; lock: NpmLock } | { ok: false; reason: string };

export function readNpmLock(text: string): ReadLock {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return { ok: false, reason: `it is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const version = isObject(document) ? Number(document['lockfileVersion']) : Number.NaN;
  if (!isObject(document) || (version !== 2 && version !== 3) || !isObject(document['packages'])) {
    return {
      ok: false,
      reason: 'only lockfileVersion 2 and 3 are read: run "npm install --package-lock-only" with npm 7 or later',
    };
  }
  const packages = Object.entries(document['packages']).flatMap(([place, entry]) => lockedPackage(place, asObject(entry)) ?? []);
  return { ok: true, lock: { version, packages } };
}

function lockedPackage(place: string, entry: Record<string, unknown>): LockedPackage | undefined {
  const at = place.lastIndexOf('node_modules/');
  // The root and the workspaces are the repository's own.
  if (at < 0) return undefined;
  return {
    place,
    name: asString(entry['name']) ?? place.slice(at + 'node_modules/'.length),
    version: asString(entry['version']) ?? '',
    resolved: asString(entry['resolved']),
    integrity: asString(entry['integrity']),
    licence: licenceOf(entry['license'] ?? entry['licenses']),
    deprecated: entry['deprecated'] === true ? 'deprecated' : asString(entry['deprecated']),
    link: entry['link'] === true,
    dev: entry['dev'] === true || entry['devOptional'] === true,
    optional: entry['optional'] === true,
    bundled: entry['inBundle'] === true,
    hasInstallScript: entry['hasInstallScript'] === true,
  };
}

/** Text, the old object form, or a list of either. */
export function licenceOf(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const all = value.flatMap((item) => licenceOf(item) ?? []);
    return all.length === 0 ? undefined : all.join(' OR ');
  }
  return isObject(value) ? asString(value['type']) : asString(value);
}

/** Line of a package in the lock file's text, from 1. npm writes one key a line. */
export function lockLines(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  text.split('\n').forEach((line, i) => {
    const key = /^ {4}"([^"]+)": \{/.exec(line)?.[1];
    if (key !== undefined && !lines.has(key)) lines.set(key, i + 1);
  });
  return lines;
}
