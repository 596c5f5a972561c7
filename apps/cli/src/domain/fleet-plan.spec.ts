import { InvalidToken, ServiceName } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { planFleet, shownName } from './fleet-plan.js';

const lone = planFleet({ cells: ['local'], embeddedDatabase: true, drainMs: 10_000 });
const names = (plan: typeof lone, cell: string) => plan.processes.filter((p) => p.cell === cell).map((p) => p.name);

describe('the plan of a fleet', () => {
  it('gives a lone cell two hubs and a host of agents for each machine of the design', () => {
    expect(names(lone, 'local')).toEqual([
      'nats-server',
      'postgres',
      'service-registry',
      'orchestrator',
      'km',
      'observability-hub-1',
      'observability-hub-2',
      'agent-mainpc',
      'agent-pc2',
      'gateway',
    ]);
    expect(lone.processes.find((p) => p.name === 'agent-pc2')?.environment).toEqual({ AET__host__name: 'pc2' });
  });

  it('gives two cells a whole set each, with one hub and one host of agents', () => {
    const plan = planFleet({ cells: ['mainpc', 'pc2'], embeddedDatabase: true, drainMs: 10_000 });
    for (const cell of ['mainpc', 'pc2']) {
      expect(names(plan, cell)).toEqual([
        'nats-server',
        'postgres',
        'service-registry',
        'orchestrator',
        'km',
        'observability-hub',
        'agent',
        'gateway',
      ]);
    }
    expect(plan.cells).toEqual([
      { name: 'mainpc', peers: ['pc2'] },
      { name: 'pc2', peers: ['mainpc'] },
    ]);
    expect(new Set(plan.processes.map((p) => p.id)).size).toBe(plan.processes.length);
  });

  it('has no postgres of its own when the user gives a database, and nothing waits for one', () => {
    const plan = planFleet({ cells: ['local'], embeddedDatabase: false, drainMs: 10_000 });
    expect(names(plan, 'local')).not.toContain('postgres');
    const ids = new Set(plan.processes.map((p) => p.id));
    expect(plan.processes.flatMap((p) => p.needs).every((need) => ids.has(need))).toBe(true);
  });

  it('stops agents first, then services, then nats-server, then postgres', () => {
    const rank = (name: string) => lone.processes.find((p) => p.name === name)?.stop.rank ?? Number.NaN;
    expect(rank('agent-mainpc')).toBeLessThan(rank('orchestrator'));
    expect(rank('gateway')).toBe(rank('orchestrator'));
    expect(rank('orchestrator')).toBeLessThan(rank('nats-server'));
    expect(rank('nats-server')).toBeLessThan(rank('postgres'));
  });

  it('passes the slots to hosts of agents and to nobody else', () => {
    const plan = planFleet({ cells: ['local'], embeddedDatabase: true, slots: 3, drainMs: 10_000 });
    const with3 = plan.processes.filter((p) => p.environment['AET__work__slots'] === '3');
    expect(with3.map((p) => p.service)).toEqual([ServiceName.Agent, ServiceName.Agent]);
  });

  it('refuses a name that could become a wildcard', () => {
    expect(() => planFleet({ cells: ['a.*'], embeddedDatabase: true, drainMs: 1 })).toThrow(InvalidToken);
  });

  it('shows the cell only when there are several', () => {
    const two = planFleet({ cells: ['a', 'b'], embeddedDatabase: true, drainMs: 1 });
    expect(shownName({ id: 'local/km', name: 'km' }, lone)).toBe('km');
    expect(shownName({ id: 'a/km', name: 'km' }, two)).toBe('a/km');
  });
});
