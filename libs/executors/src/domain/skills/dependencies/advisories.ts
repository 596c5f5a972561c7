import { Severity, type Finding } from '@aet/contracts';
import { satisfies } from 'semver';
import { asArray, asObject, asString } from '../json.js';
import { DEPENDENCY_SOURCE, type NpmLock } from './npm-lock.js';

/** Body of the registry's bulk advisory request: versions by package name. Links and git packages are unknown to a registry. */
export function advisoryQuery(lock: NpmLock): Record<string, string[]> {
  const query: Record<string, string[]> = {};
  for (const { name, version, link, resolved } of lock.packages) {
    if (link || version === '' || resolved?.startsWith('http') !== true) continue;
    const known = (query[name] ??= []);
    if (!known.includes(version)) known.push(version);
  }
  return query;
}

const SEVERITY: Record<string, Severity> = {
  critical: Severity.Critical,
  high: Severity.High,
  moderate: Severity.Medium,
  low: Severity.Low,
  info: Severity.Info,
};

/** Findings of the registry's answer: advisories by package name, each with the range of versions that it is about. */
export function advisoryFindings(answer: unknown, lock: NpmLock, file: string, lines: ReadonlyMap<string, number>): Finding[] {
  return Object.entries(asObject(answer)).flatMap(([name, advisories]) =>
    asArray(advisories).flatMap((entry) => {
      const advisory = asObject(entry);
      const range = asString(advisory['vulnerable_versions']) ?? '*';
      const hit = lock.packages.filter(
        (locked) => locked.name === name && satisfies(locked.version, range, { includePrerelease: true }),
      );
      const [first] = hit;
      if (!first) return [];
      const line = lines.get(first.place);
      const found = [...new Set(hit.map((locked) => locked.version))].join(', ');
      const finding: Finding = {
        source: DEPENDENCY_SOURCE,
        rule: 'dependency/advisory',
        severity: SEVERITY[asString(advisory['severity']) ?? ''] ?? Severity.Medium,
        message: `${name}@${found}: ${asString(advisory['title']) ?? 'a known weakness'} (${asString(advisory['url']) ?? `versions ${range}`})`,
        file,
        remedy: `Move to a version of ${name} outside ${range}.`,
      };
      return [line === undefined ? finding : { ...finding, line }];
    }),
  );
}
