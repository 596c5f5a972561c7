import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where everything of a project's fleet lies. Paths only. */
export class StateFolder {
  readonly root: string;

  constructor(readonly project: string) {
    this.root = join(project, '.aet/state');
  }

  readonly fleetFile = (): string => join(this.root, 'fleet.json');
  readonly lockDir = (): string => join(this.root, 'supervisor');
  readonly supervisorLog = (): string => join(this.root, 'supervisor.log');
  readonly compileCache = (): string => join(this.root, 'compile-cache');
  /** The bearer token itself, 0600; the gateway knows only its hash. */
  readonly tokenFile = (): string => join(this.root, 'gateway.token');
  readonly tokenHashFile = (): string => join(this.root, 'gateway.token.sha256');
  readonly secret = (name: string): string => join(this.root, 'secrets', name);
  readonly reports = (): string => join(this.project, '.aet/reports');

  cell(name: string): CellFolder {
    return new CellFolder(join(this.root, 'cells', name));
  }

  /** Of all cells that were ever started here. */
  cells(): CellFolder[] {
    const folder = join(this.root, 'cells');
    return existsSync(folder) ? readdirSync(folder).map((name) => this.cell(name)) : [];
  }

  /** @throws a file-system error when the project cannot be written. */
  create(): void {
    mkdirSync(join(this.root, 'secrets'), { recursive: true, mode: 0o700 });
  }
}

export class CellFolder {
  constructor(readonly root: string) {}

  readonly runtimeFile = (): string => join(this.root, 'runtime.yaml');
  readonly credentials = (): string => join(this.root, 'credentials');
  readonly nats = (): string => join(this.root, 'nats');
  readonly serverConfig = (): string => join(this.root, 'nats/server.conf');
  readonly jetstream = (): string => join(this.root, 'nats/jetstream');
  readonly postgresData = (): string => join(this.root, 'postgres/data');
  readonly postgresPassword = (): string => join(this.root, 'postgres/password');
  readonly logs = (): string => join(this.root, 'logs');
  readonly outputOf = (name: string): string => join(this.root, 'logs', `${name}.out.log`);
  /** What waits for NATS; each process has a folder of its own in it. */
  readonly outbox = (): string => join(this.root, 'outbox');
  readonly work = (): string => join(this.root, 'work');
  /** Of one agent host: nobody else's programs run there. */
  readonly workOf = (name: string): string => join(this.work(), name);

  create(): void {
    for (const folder of [this.nats(), this.logs(), this.work()]) mkdirSync(folder, { recursive: true });
  }
}
