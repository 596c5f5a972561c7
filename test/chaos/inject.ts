import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildProgram } from './child-program.ts';
import type { Fault, ProcessName } from './fault.ts';
import { pauseTree, resumeTree } from './process-tree.ts';
import type { TcpProxy } from './tcp-proxy.ts';
import type { World } from './world.ts';

/** What every process here can be told, a server as well as a service. */
interface Victim {
  kill(): Promise<void>;
  stop(): Promise<void>;
  launch(): Promise<void>;
  pause(): void;
  resume(): void;
}

/** Does faults to a world and undoes them. Two faults of one process wait for each other: a process that is gone cannot be paused. */
export class Injector {
  private readonly world: World;
  private readonly busy = new Map<unknown, Promise<void>>();

  constructor(world: World) {
    this.world = world;
  }

  /** Resolves when the fault came and was undone. */
  async inject(fault: Fault): Promise<void> {
    await sleep(fault.atMs);
    switch (fault.action) {
      case 'kill':
      case 'pause':
      case 'restart': {
        const { key, victim } = this.victim(fault.target, fault.which);
        return this.alone(key, () => strike(fault.action, victim, fault.forMs));
      }
      case 'cut':
      case 'silence':
      case 'delay': {
        const hit = chosen(this.world.proxiesTo(fault.target), fault.ways);
        return this.alone(`way to ${fault.target}`, async () => {
          for (const proxy of hit) disturb(proxy, fault);
          await sleep(fault.forMs);
          for (const proxy of hit) proxy.heal();
        });
      }
      case 'fill':
        return this.alone(`disk of ${fault.target}`, async () => {
          const disk = this.world.disk(fault.target);
          disk.fill();
          await sleep(fault.forMs);
          disk.free();
          // The server gives up its store when the disk is full, and takes it up again at its next start: an operator's part.
          if (fault.target === 'nats') await this.world.nats.restart();
        });
    }
  }

  private victim(target: ProcessName, which: number): { key: unknown; victim: Victim } {
    const { nats, postgres, programs } = this.world;
    if (target === 'nats') {
      const launch = () => nats.restart();
      return {
        key: nats,
        victim: {
          kill: () => nats.kill(),
          stop: () => nats.stop(),
          launch,
          pause: () => nats.pause(),
          resume: () => nats.resume(),
        },
      };
    }
    if (target === 'postgres') {
      const each = (act: (pid: number) => void) => (): void => {
        if (postgres.pid !== undefined) act(postgres.pid);
      };
      return {
        key: postgres,
        victim: {
          kill: () => postgres.kill(),
          stop: () => postgres.shutdown(),
          launch: () => postgres.restart(),
          pause: each(pauseTree),
          resume: each(resumeTree),
        },
      };
    }
    const program = programs[target][which % programs[target].length] as ChildProgram;
    return { key: program, victim: program };
  }

  private alone(key: unknown, act: () => Promise<void>): Promise<void> {
    const mine = (this.busy.get(key) ?? Promise.resolve()).then(act);
    this.busy.set(
      key,
      mine.catch(() => undefined),
    );
    return mine;
  }
}

async function strike(action: 'kill' | 'pause' | 'restart', victim: Victim, forMs: number): Promise<void> {
  if (action === 'pause') {
    victim.pause();
    await sleep(forMs);
    victim.resume();
    return;
  }
  await (action === 'kill' ? victim.kill() : victim.stop());
  await sleep(forMs);
  await victim.launch();
}

function disturb(proxy: TcpProxy, fault: Extract<Fault, { ways: number }>): void {
  if (fault.action === 'cut') proxy.cut();
  else if (fault.action === 'silence') proxy.silence();
  else proxy.delay(fault.byMs);
}

/** Those whose bit is set, at least one. */
function chosen(proxies: readonly TcpProxy[], ways: number): TcpProxy[] {
  const hit = proxies.filter((_, index) => ((ways >> index) & 1) === 1);
  return hit.length > 0 ? hit : proxies.slice(0, 1);
}
