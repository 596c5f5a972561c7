import { type CapabilityControl, Conflict, type Decision, QueueKey, type RateLimit } from '@aet/contracts';
import { retrying } from '@aet/resilience';
import type { KeyValueStore } from '../kv/key-value-store.js';
import { QueueControl } from '../queue-control.js';
import type { QueueEntry } from './cell-admission.js';

const AGAIN = { initialMs: 5, maxMs: 100 };

/** In the bucket `QUEUE`, one key for each capability; two operators at once are one after the other. */
export class KvQueueControl extends QueueControl {
  constructor(private readonly store: KeyValueStore<QueueEntry>) {
    super();
  }

  async list(): Promise<ReadonlyMap<string, CapabilityControl>> {
    const entries = await this.store.list();
    return new Map(
      entries.flatMap(({ key, value }) => {
        const about = QueueKey.parse(key);
        return about?.kind === 'control' ? [[about.capability, value as CapabilityControl] as const] : [];
      }),
    );
  }

  pause(capability: string, paused: Decision): Promise<CapabilityControl> {
    return this.change(capability, (control) => ({ ...control, paused }));
  }

  resume(capability: string): Promise<CapabilityControl> {
    return this.change(capability, ({ paused: _paused, ...rest }) => rest);
  }

  setRate(capability: string, limit: RateLimit | 'unlimited' | 'configured', decision: Decision): Promise<CapabilityControl> {
    return this.change(capability, ({ rate: _rate, ...rest }) =>
      limit === 'configured' ? rest : { ...rest, rate: { limit, ...decision } },
    );
  }

  private change(capability: string, how: (control: CapabilityControl) => CapabilityControl): Promise<CapabilityControl> {
    const key = QueueKey.control(capability);
    const once = async (): Promise<CapabilityControl> => {
      const present = await this.store.get(key);
      const control = how((present?.value as CapabilityControl | undefined) ?? {});
      if (present === undefined) await this.store.create(key, control);
      else await this.store.update(key, control, present.revision);
      return control;
    };
    return retrying(once, { ...AGAIN, retryable: (error) => error instanceof Conflict });
  }
}
