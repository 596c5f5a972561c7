import {
  OrchestratorRpc,
  AgentRpc,
  HubRpc,
  KmRpc,
  RegistryRpc,
  type RpcMethod,
  SERVICES,
  type WorkflowList,
} from '@aet/contracts';
import { createInbox, nkeyAuthenticator, type NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { microSchemas } from '../../libs/messaging/test/micro-schemas.js';
import { serverBinaries } from '../../libs/messaging/test/server-binaries.js';
import { aet, FleetCommand, type FleetFile, reports, stateOf, untilReady } from './fleet-command.js';
import { repositoryWithTrouble } from './sample-repository.js';

/** A client that knows nothing of AET but the operator's key, as the `nats` program would. */
function operator(project: string, fleet: FleetFile): Promise<NatsConnection> {
  const seed = readFileSync(join(stateOf(project), 'cells/local/credentials/operator.nk'));
  const servers = fleet.children.find(({ name }) => name === 'nats-server')?.url ?? '';
  return connect({ servers, authenticator: nkeyAuthenticator(seed), inboxPrefix: '_INBOX.operator' });
}

interface Answer {
  name: string;
  id: string;
  endpoints?: { num_requests: number }[];
}

/** Asks everyone and takes what comes until as many answered as asked for. */
async function everyone(client: NatsConnection, subject: string, count: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  const inbox = createInbox('_INBOX.operator');
  const subscription = client.subscribe(inbox, { callback: (_error, message) => void answers.push(message.json<Answer>()) });
  client.publish(subject, undefined, { reply: inbox });
  await expect.poll(() => answers.length).toBeGreaterThanOrEqual(count);
  subscription.unsubscribe();
  return answers;
}

describe('a fleet on the wire', () => {
  it('answers PING, INFO and STATS for every instance as published, and any method to a plain client', async () => {
    using repository = repositoryWithTrouble();
    await using fleet = new FleetCommand(repository.path, ['up']);
    const file = await untilReady(repository.path);
    const client = await operator(repository.path, file);
    try {
      const ajv = new Ajv({ strict: false, validateFormats: false });
      for (const verb of ['PING', 'INFO', 'STATS'] as const) {
        const check = ajv.compile(microSchemas[verb]);
        const answers = await everyone(client, `$SRV.${verb}`, 8);
        for (const answer of answers) expect([answer.name, check(answer), check.errors]).toEqual([answer.name, true, null]);
        expect(new Set(answers.map(({ name }) => name))).toEqual(new Set(SERVICES));
        expect(new Set(answers.map(({ id }) => id)).size).toBe(8);
      }
      const ask = async ({ service, method }: RpcMethod, request: object) => {
        const reply = await client.request(`aet.default.rpc.${service}.${method}`, JSON.stringify(request), { timeout: 5_000 });
        return reply.json<Record<string, unknown>>();
      };
      const { workflows } = (await ask(OrchestratorRpc.workflows, {})) as unknown as WorkflowList;
      expect(workflows.map(({ name }) => name)).toEqual(['check', 'release-check', 'review']);
      expect(await ask(OrchestratorRpc.list, { limit: 1 })).toEqual({ runs: [] });
      expect(await ask(RegistryRpc.instances, { service: 'km' })).toMatchObject({
        cells: [{ cell: 'local', state: 'local', instances: [{ service: 'km' }] }],
      });
      expect(await ask(KmRpc.stats, { project: 'none' })).toEqual({ project: 'none', documents: 0, chunks: 0 });
      expect(await ask(HubRpc.fleet, {})).toMatchObject({ cells: [{ cell: 'local', reachable: true }] });
      expect(await ask(AgentRpc.list, {})).toMatchObject({ agents: expect.arrayContaining([]) as unknown[] });
      expect(await ask(OrchestratorRpc.get, { runId: 'x' })).toMatchObject({ code: 'VALIDATION_FAILED', retryable: false });
      expect(await ask(OrchestratorRpc.submit, { document: { api: 'none' } })).toMatchObject({ code: 'WORKFLOW_INVALID' });
    } finally {
      await client.close();
    }
    fleet.signal('SIGTERM');
    expect(await fleet.exited).toBe(0);
  });

  it('does its job on the oldest nats-server that is supported', async (context) => {
    const old = (await serverBinaries()).find(({ version }) => version.startsWith('2.9.'));
    if (old === undefined) return context.skip('nats-server 2.9.10 cannot be had here: Debian’s package is needed');
    using repository = repositoryWithTrouble();
    const { code, output } = await aet(repository.path, ['start', '--once'], { AET_NATS_SERVER: old.path });
    expect(code, output).toBe(0);
    expect(reports(repository.path)[0]?.json.findings.length).toBeGreaterThan(2);
  });
});
