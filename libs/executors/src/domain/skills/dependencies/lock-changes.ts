import { Severity, type Finding } from '@aet/contracts';
import { DEPENDENCY_SOURCE, type LockedPackage, type NpmLock } from './npm-lock.js';

export interface LockChanges {
  added: string[];
  removed: string[];
  changed: string[];
}

function versions(lock: NpmLock): Map<string, Set<string>> {
  const result = new Map<string, Set<string>>();
  for (const { name, version, link } of lock.packages) {
    if (link) continue;
    result.set(name, (result.get(name) ?? new Set()).add(version));
  }
  return result;
}

const list = (set: ReadonlySet<string>): string => [...set].toSorted().join(', ');

/** What a range did to the packages: by name, versions in words. */
export function compareLocks(from: NpmLock, to: NpmLock): LockChanges {
  const [old, now] = [versions(from), versions(to)];
  const changes: LockChanges = { added: [], removed: [], changed: [] };
  for (const [name, is] of now) {
    const was = old.get(name);
    if (!was) changes.added.push(`${name} ${list(is)}`);
    else if (list(was) !== list(is)) changes.changed.push(`${name} ${list(was)} → ${list(is)}`);
  }
  for (const [name, was] of old) if (!now.has(name)) changes.removed.push(`${name} ${list(was)}`);
  return changes;
}

/** Findings of a change: a program that runs at install time, and the same version with another content. */
export function changeFindings(from: NpmLock, to: NpmLock, file: string, lines: ReadonlyMap<string, number>): Finding[] {
  const identity = (locked: LockedPackage): string => `${locked.name}@${locked.version}`;
  const old = new Map(from.packages.map((locked) => [identity(locked), locked]));
  const names = new Set(from.packages.map((locked) => locked.name));
  const findings = new Map<string, Finding>();
  for (const locked of to.packages) {
    const line = lines.get(locked.place);
    const place = { source: DEPENDENCY_SOURCE, file, ...(line === undefined ? {} : { line }) };
    const was = old.get(identity(locked));
    const sameKind = was?.integrity?.split('-')[0] === locked.integrity?.split('-')[0];
    if (was?.integrity !== undefined && locked.integrity !== undefined && sameKind && was.integrity !== locked.integrity) {
      findings.set(`i ${identity(locked)}`, {
        ...place,
        rule: 'dependency/integrity-changed',
        severity: Severity.Critical,
        message: `${identity(locked)} has the same version and another content than before`,
        remedy: 'Find out why before installing: a published version must not change.',
      });
    }
    if (locked.hasInstallScript && !names.has(locked.name)) {
      findings.set(`s ${locked.name}`, {
        ...place,
        rule: 'dependency/install-script-added',
        severity: Severity.Medium,
        message: `the new package ${identity(locked)} runs a program when it is installed`,
        remedy: 'Read what it runs, or install with --ignore-scripts.',
      });
    }
  }
  return [...findings.values()];
}
