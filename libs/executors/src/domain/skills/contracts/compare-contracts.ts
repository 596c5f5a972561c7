import { Severity, type Finding } from '@aet/contracts';
import { compareApis } from './api-diff.js';
import { Changes, type ContractChange } from './contract-change.js';
import { readContract, type ContractDocument, type ReadContract } from './contract-document.js';
import { readApi } from './read-api.js';
import { References } from './references.js';
import { SchemaDiff } from './schema-diff.js';

const CONTRACT_SOURCE = 'contract-guardian';

/** Both sides of one file. Absent: the file is not there on that side. */
export interface ContractSides {
  path: string;
  oldPath: string;
  from: string | undefined;
  to: string | undefined;
}

export interface ContractComparison {
  /** `other`: neither side is a contract. */
  outcome: 'compared' | 'added' | 'removed' | 'malformed' | 'other';
  findings: Finding[];
  notes: string[];
}

const none = (outcome: ContractComparison['outcome']): ContractComparison => ({ outcome, findings: [], notes: [] });

/** Finds what breaks clients between two versions of a file. Pure; never throws for any content. */
export function compareContracts(sides: ContractSides): ContractComparison {
  const old = sides.from === undefined ? undefined : readContract(sides.from, sides.oldPath);
  const now = sides.to === undefined ? undefined : readContract(sides.to, sides.path);
  if (now && !now.ok && now.reason === 'malformed') return malformed(sides.path, now);
  if (!old?.ok) return now?.ok ? readOnly(sides.path, now.document) : none('other');
  if (now === undefined || !now.ok) return gone(sides, old.document, now);
  return compared(sides, old.document, now.document);
}

function malformed(file: string, read: Extract<ReadContract, { reason: 'malformed' }>): ContractComparison {
  return {
    outcome: 'malformed',
    notes: [],
    findings: [
      {
        source: CONTRACT_SOURCE,
        rule: 'contract/malformed',
        severity: Severity.High,
        message: `the contract cannot be read (line ${read.line}, column ${read.column}): ${read.message.split('\n')[0] ?? ''}`,
        file,
        line: read.line,
        remedy: 'Repair the syntax: until then no tool can read the contract, and nothing in it was compared.',
      },
    ],
  };
}

function gone(sides: ContractSides, old: ContractDocument, now: ReadContract | undefined): ContractComparison {
  const what = old.kind === 'json-schema' ? 'JSON Schema' : 'OpenAPI document';
  const finding: Finding = {
    source: CONTRACT_SOURCE,
    rule: 'contract/removed',
    severity: Severity.High,
    message: now === undefined ? `the ${what} ${sides.oldPath} was removed` : `${sides.path} is no longer an ${what}`,
    file: now === undefined ? sides.oldPath : sides.path,
    remedy: 'Keep the contract until no client uses it, or say in the change where it went.',
  };
  return { outcome: 'removed', findings: [finding], notes: [] };
}

/** A contract without a predecessor: nothing can be broken, but references that lead nowhere can be told. */
function readOnly(path: string, document: ContractDocument): ContractComparison {
  const changes = document.kind === 'json-schema' ? schemaOnItself(document) : apiOnItself(document);
  return { outcome: 'added', ...referenceNotes(path, document, changes) };
}

const apiOnItself = (document: ContractDocument): References => {
  const model = readApi(document);
  compareApis(model, model);
  return model.references;
};
const schemaOnItself = (document: ContractDocument): References => {
  const references = new References(document.root);
  const root = { value: document.root, pointer: '' };
  new SchemaDiff({ from: references, to: references }, new Changes()).compare(root, root, 'schema', '');
  return references;
};

function compared(sides: ContractSides, old: ContractDocument, now: ContractDocument): ContractComparison {
  const bothSchemas = old.kind === 'json-schema' && now.kind === 'json-schema';
  if (!bothSchemas && (old.kind === 'json-schema' || now.kind === 'json-schema'))
    return gone(sides, old, { ok: true, document: now });
  let changes: Changes;
  let references: References;
  if (bothSchemas) {
    changes = new Changes();
    const [from, to] = [new References(old.root), new References(now.root)];
    references = to;
    new SchemaDiff({ from, to }, changes).compare(
      { value: old.root, pointer: '' },
      { value: now.root, pointer: '' },
      'schema',
      'schema:',
    );
  } else {
    const [from, to] = [readApi(old), readApi(now)];
    references = to.references;
    changes = compareApis(from, to);
  }
  const notes = referenceNotes(sides.path, now, references);
  const findings = changes.list().map((change) => toFinding(change, sides, old, now));
  return { outcome: 'compared', findings: [...findings, ...notes.findings], notes: notes.notes };
}

function toFinding(change: ContractChange, sides: ContractSides, old: ContractDocument, now: ContractDocument): Finding {
  const { side, pointer, certainty, remedy, ...rest } = change;
  const finding: Finding = {
    source: CONTRACT_SOURCE,
    ...rest,
    file: sides.path,
    // What is gone is shown where it would stand now; the old line is in the message.
    line: now.lineOf(pointer),
    pointer,
  };
  if (side === 'old') finding.message = `${finding.message} (line ${old.lineOf(pointer)} before)`;
  if (certainty !== undefined) finding.certainty = certainty;
  if (remedy !== undefined) finding.remedy = remedy;
  return finding;
}

function referenceNotes(
  path: string,
  document: ContractDocument,
  references: References,
): { findings: Finding[]; notes: string[] } {
  const findings = [...references.broken].map((reference): Finding => {
    const pointer = reference.startsWith('#') ? reference.slice(1) : '';
    return {
      source: CONTRACT_SOURCE,
      rule: 'contract/broken-reference',
      severity: Severity.Medium,
      message: `$ref "${reference}" leads nowhere`,
      file: path,
      line: document.lineOf(pointer),
      pointer,
      remedy: 'Correct the reference or add what it names.',
    };
  });
  const external = [...references.external];
  const notes =
    external.length === 0
      ? []
      : [`${path}: ${external.length} reference(s) to other documents were not followed, such as ${external[0]}`];
  return { findings, notes };
}
