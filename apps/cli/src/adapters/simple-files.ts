import { InternalError, NotFound, type PayloadRef, RUN_ID, type StoredRunEvent, ValidationFailed } from '@aet/contracts';
import type { LargeValue } from '@aet/runs';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenRunLog, RunFiles } from '../application/simple-ports.js';
import { writeFileAtomic } from './atomic-file.js';
import { FileRunLog, readRunFile } from './file-run-log.js';

/** `.aet/simple`: the logs of simple runs, and beside them their large values and artifacts. */
export class SimpleFiles implements RunFiles {
  readonly root: string;

  constructor(project: string) {
    this.root = join(project, '.aet/simple');
  }

  readonly logOf = (runId: string): string => join(this.root, `${runId}.ndjson`);
  readonly artifactsOf = (runId: string): string => join(this.root, 'artifacts', runId);
  /** Of processes: each attempt has a folder of its own in it. */
  readonly work = (): string => join(this.root, 'work');
  readonly secret = (name: string): string => join(this.root, name);
  private readonly payloadOf = (sha256: string): string => join(this.root, 'payloads', `${sha256}.json`);

  open(runId: string): Promise<OpenRunLog> {
    mkdirSync(this.root, { recursive: true, mode: 0o700 });
    return FileRunLog.open(this.logOf(runId), runId);
  }

  /** @throws {NotFound} */
  read(runId: string): StoredRunEvent[] {
    const events = this.find(runId);
    if (events.length > 0) return events;
    throw new NotFound(`there is no simple run ${runId} in ${this.root}: list them with \`aet simple --list\``);
  }

  /** Empty: there is none. */
  find(runId: string): StoredRunEvent[] {
    if (!RUN_ID.test(runId))
      throw new ValidationFailed(`"${runId}" is not the id of a run: list them with \`aet simple --list\``, []);
    return readRunFile(this.logOf(runId), runId) ?? [];
  }

  /** Newest first. */
  runIds(): string[] {
    if (!existsSync(this.root)) return [];
    return readdirSync(this.root)
      .flatMap((name) => /^([0-9a-f-]{36})\.ndjson$/.exec(name)?.[1] ?? [])
      .toSorted()
      .toReversed();
  }

  putPayload({ ref, text }: LargeValue): void {
    const file = this.payloadOf(ref.$payload.sha256);
    if (existsSync(file)) return;
    mkdirSync(join(this.root, 'payloads'), { recursive: true, mode: 0o700 });
    writeFileAtomic(file, text, 0o600);
  }

  getPayload({ $payload: { sha256 } }: PayloadRef): unknown {
    const file = this.payloadOf(sha256);
    if (!existsSync(file))
      throw new NotFound(`the value ${sha256} is not in ${this.root}: it was deleted, or belongs to another project`);
    const text = readFileSync(file, 'utf8');
    if (createHash('sha256').update(text).digest('hex') === sha256) return JSON.parse(text) as unknown;
    throw new InternalError(`${file} was changed: its content does not match its name; delete it, and do the step again`);
  }
}
