import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Conflict, ResourceExhausted } from '@aet/contracts';
import { OutboxStore, type StoreOptions } from './outbox-store.js';

/** Processes of one kind on one machine that have an outbox at once. */
const MOST = 256;

/**
 * The outboxes of one kind of process on this machine: `<dir>/<name>.0`, `.1` and so on. A process takes the first that nobody has, so one
 * that is started again finds what it left, and what the dead left in the others is adopted by whoever comes.
 */
export class OutboxFolders {
  constructor(
    private readonly dir: string,
    /** Such as `default.mainpc.agent`: processes of one name may publish each other's messages. */
    private readonly name: string,
    private readonly options: StoreOptions,
  ) {}

  /** @throws {ResourceExhausted} all are taken; what the disk says. */
  async own(): Promise<OutboxStore> {
    for (let number = 0; number < MOST; number++) {
      const store = await this.open(`${this.name}.${number}`);
      if (store !== undefined) return store;
    }
    throw new ResourceExhausted(`all ${MOST} outboxes below ${this.dir} are in use: is outbox.dir shared with other machines?`);
  }

  /** Those in which something waits and that no living process has. They belong to the caller from then on. */
  async orphans(): Promise<OutboxStore[]> {
    const found: OutboxStore[] = [];
    const entries = await readdir(this.dir, { withFileTypes: true });
    for (const { name: folder } of entries.filter((entry) => entry.isDirectory() && entry.name.startsWith(`${this.name}.`))) {
      const files = await readdir(join(this.dir, folder));
      const store = files.some((file) => file.endsWith('.seg')) ? await this.open(folder) : undefined;
      if (store !== undefined) found.push(store);
    }
    return found;
  }

  private async open(folder: string): Promise<OutboxStore | undefined> {
    try {
      return await OutboxStore.open(join(this.dir, folder), this.options);
    } catch (error) {
      if (error instanceof Conflict) return undefined;
      throw error;
    }
  }
}
