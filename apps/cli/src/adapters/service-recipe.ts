import type { ProcessMessage } from '@aet/service-kit';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NotFound, ServiceName } from '@aet/contracts';
import type { Launched, Readiness } from '../application/ports.js';
import type { PlannedProcess } from '../domain/fleet-plan.js';
import type { CellRuntime } from './cell-runtime.js';
import type { LaunchRecipe } from './launch-recipe.js';
import { endOrphanedPrograms } from './orphaned-programs.js';
import { SpawnedChild } from './spawned-child.js';

/** A service idles below 100 MB; a leak must not take the machine with it. Megabytes. */
const MAX_OLD_SPACE_MB = 384;

/** Node services of AET: they say themselves when they are ready, and why they end. */
export class ServiceRecipe implements LaunchRecipe {
  constructor(
    /** Where AET is installed. */
    private readonly home: string,
    private readonly project: string,
    private readonly runtimeOf: (cell: string) => CellRuntime,
  ) {}

  async launch(planned: PlannedProcess): Promise<Launched> {
    const runtime = this.runtimeOf(planned.cell);
    const output = runtime.folder.outputOf(planned.name);
    const workDir = runtime.folder.workOf(planned.name);
    const runsPrograms = planned.service === ServiceName.Agent;
    const child = await SpawnedChild.spawn({
      program: process.execPath,
      args: ['--enable-source-maps', `--max-old-space-size=${MAX_OLD_SPACE_MB}`, this.entryOf(planned)],
      env: runtime.environment({ ...planned.environment, ...(runsPrograms ? { AET__agents__workDir: workDir } : {}) }),
      cwd: this.project,
      output,
      ipc: true,
    });
    const words = new LastWords(child);
    return {
      identity: child.identity,
      ready: words.ready,
      exited: child.exited.then(async (end) => {
        if (runsPrograms) await endOrphanedPrograms(workDir);
        return words.failure ?? `${end}${said(child)}`;
      }),
      signal: (signal) => child.signal(signal),
    };
  }

  private entryOf({ service }: PlannedProcess): string {
    const entry = join(this.home, 'apps', service ?? '', 'dist/main.js');
    if (!existsSync(entry)) throw new NotFound(`${entry} does not exist: build AET with \`npm run build\``);
    return entry;
  }
}

/** What a service told over its channel. */
class LastWords {
  readonly ready: Promise<Readiness>;
  failure: string | undefined;

  constructor(child: SpawnedChild) {
    this.ready = new Promise((resolve) => {
      child.onMessage((raw) => {
        const message = raw as ProcessMessage;
        if (message.kind === 'ready') resolve(message.url === undefined ? {} : { url: message.url });
        else if (message.kind === 'failed') this.failure = message.message;
      });
    });
  }
}

/** Only a process that had no channel to speak through is quoted from its output. */
function said(child: SpawnedChild): string {
  const line = child.lastLines(30).findLast((text) => /error/i.test(text) && !text.startsWith('    at '));
  return line === undefined ? '' : `: ${line.trim().slice(0, 300)}`;
}
