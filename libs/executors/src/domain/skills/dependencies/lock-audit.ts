import { Certainty, Severity, type Finding } from '@aet/contracts';
import { licenceKind } from './licences.js';
import { DEPENDENCY_SOURCE, type LockedPackage, type NpmLock } from './npm-lock.js';

export interface AuditedLock {
  file: string;
  lock: NpmLock;
  /** Line of each package in the file. */
  lines: ReadonlyMap<string, number>;
  /** What the installed package says where the lock does not. */
  installedLicence(place: string): string | undefined;
}

type Issue = Pick<Finding, 'rule' | 'severity' | 'message'> & Partial<Finding>;

/** What a lock file alone tells about the trust in its packages. One finding for a rule and package, however often it is installed. */
export function auditLock(audited: AuditedLock): Finding[] {
  const { lock, lines, file } = audited;
  const foreign = lock.packages.filter((locked) => !locked.link);
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const locked of foreign) {
    const licence = locked.licence ?? audited.installedLicence(locked.place);
    for (const issue of [...sourceIssues(locked), ...stateIssues(locked), ...licenceIssues(locked, licence)]) {
      const key = `${issue.rule}\0${locked.name}\0${locked.version}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const line = lines.get(locked.place);
      findings.push({ source: DEPENDENCY_SOURCE, file, ...(line === undefined ? {} : { line }), ...issue });
    }
  }
  return [...findings, ...duplicates(foreign, file, lines)];
}

const named = (locked: LockedPackage): string => `${locked.name}@${locked.version}`;

function sourceIssues(locked: LockedPackage): Issue[] {
  const { resolved, integrity } = locked;
  if (locked.bundled) return [];
  const issues: Issue[] = [];
  const git = resolved !== undefined && /^(git[+:]|git@|github:|ssh:)/.test(resolved);
  if (git) {
    issues.push({
      rule: 'dependency/git-source',
      severity: Severity.Medium,
      message: `${named(locked)} comes from a git repository, not from the registry`,
      remedy: 'Use a published version, or keep the pinned commit under review.',
    });
  } else if (resolved?.startsWith('http://') === true) {
    issues.push({
      rule: 'dependency/insecure-source',
      severity: Severity.High,
      message: `${named(locked)} is fetched without encryption`,
      remedy: 'Use an https registry and write the lock file anew.',
    });
  } else if (resolved?.startsWith('file:') === true) {
    issues.push({
      rule: 'dependency/file-source',
      severity: Severity.Low,
      message: `${named(locked)} comes from a file of the repository`,
    });
  } else if (resolved !== undefined && !isRegistryTarball(resolved)) {
    issues.push({
      rule: 'dependency/tarball-source',
      severity: Severity.Medium,
      message: `${named(locked)} comes from an address that is no registry's (${hostOf(resolved)})`,
      remedy: 'Use a published version.',
    });
  }
  if (resolved !== undefined && !git && !resolved.startsWith('file:')) {
    if (integrity === undefined)
      issues.push({
        rule: 'dependency/integrity-missing',
        severity: Severity.Medium,
        message: `${named(locked)} has no integrity hash: another content under the same address is not noticed`,
        remedy: 'Write the lock file anew with npm install.',
      });
    else if (!/sha(256|384|512)-/.test(integrity))
      issues.push({
        rule: 'dependency/integrity-weak',
        severity: Severity.Medium,
        message: `${named(locked)} is protected by ${integrity.split('-')[0] ?? 'a weak hash'} only`,
        remedy: 'Write the lock file anew, so that it holds sha512.',
      });
  }
  return issues;
}

/** Registries serve `…/<name>/-/<file>.tgz`; some mirrors a path of their own, always over https and ending in .tgz. */
const isRegistryTarball = (resolved: string): boolean =>
  /^https:\/\/[^/]+\/.*(\/-\/|\/download\/|\/npm\/).*\.tgz($|[?#])/.test(resolved);
const hostOf = (address: string): string => /^[a-z+]+:\/\/(?:[^@/]*@)?([^/]+)/i.exec(address)?.[1] ?? 'unknown host';

function stateIssues(locked: LockedPackage): Issue[] {
  if (locked.deprecated === undefined) return [];
  return [
    {
      rule: 'dependency/deprecated',
      severity: Severity.Low,
      message: `${named(locked)} is deprecated: ${locked.deprecated}`,
      remedy: 'Move to the successor that the message names.',
    },
  ];
}

function licenceIssues(locked: LockedPackage, licence: string | undefined): Issue[] {
  const kind = licenceKind(licence);
  const shown = licence ?? 'none given';
  // A tool that is not shipped binds nobody who only uses it.
  const severity = locked.dev ? Severity.Info : Severity.Medium;
  if (kind === 'copyleft')
    return [
      {
        rule: 'dependency/licence-copyleft',
        severity,
        message: `${named(locked)} has the copyleft licence ${shown}`,
        remedy: 'See whether its terms fit how the product is shipped.',
      },
    ];
  if (kind === 'weak-copyleft' && locked.dev) return [];
  if (kind === 'weak-copyleft')
    return [
      { rule: 'dependency/licence-weak-copyleft', severity: Severity.Info, message: `${named(locked)} has the licence ${shown}` },
    ];
  if (kind === 'permissive') return [];
  return [
    {
      rule: 'dependency/licence-unknown',
      severity: Severity.Info,
      certainty: Certainty.Possible,
      message: `${named(locked)}: the licence is not known (${shown})`,
    },
  ];
}

/** Several majors of one package: more to load, and objects of one that the other does not recognise. */
function duplicates(packages: readonly LockedPackage[], file: string, lines: ReadonlyMap<string, number>): Finding[] {
  const majors = new Map<string, Map<string, LockedPackage>>();
  for (const locked of packages) {
    // Among tools for development it costs disk only.
    if (locked.dev) continue;
    const major = /^(0\.\d+|\d+)/.exec(locked.version)?.[1];
    if (major === undefined) continue;
    const known = majors.get(locked.name) ?? new Map<string, LockedPackage>();
    known.set(major, known.get(major) ?? locked);
    majors.set(locked.name, known);
  }
  return [...majors].flatMap(([name, known]) => {
    if (known.size < 2) return [];
    const first = [...known.values()][0];
    const line = first && lines.get(first.place);
    const versions = [...known.values()].map((locked) => locked.version).toSorted();
    const finding: Finding = {
      source: DEPENDENCY_SOURCE,
      rule: 'dependency/duplicate',
      severity: Severity.Info,
      message: `${name} is installed in ${known.size} major versions: ${versions.join(', ')}`,
      file,
    };
    return [line === undefined ? finding : { ...finding, line }];
  });
}
