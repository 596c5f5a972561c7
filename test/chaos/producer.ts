// A producer, as a program of its own: it is given a part of a round's submissions by its parent, submits each at its time until it is answered,
// and notes every answer. Killed and started again it goes on behind its last note, under the same keys, as a producer of a user would.
import { AetError, OrchestratorRpc, type TaskMessage } from '@aet/contracts';
import { connectNats, JetStreamWorkQueue, NatsRpcClient } from '@aet/messaging';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Journal } from './journal.ts';
import { CAPABILITY, type Submission } from './workload.ts';

/** What the parent says: which work, and where its notes stand. */
export interface Assignment {
  round: string;
  /** File with a list of submissions. */
  submissions: string;
  journal: string;
  /** Unix milliseconds at which the round begins. */
  beginAt: number;
}

const CALL_MS = 2_000;
const AGAIN_MS = 50;

const [server = '', cell = ''] = process.argv.slice(2);
const namespace = 'default';
const link = await connectNats({ servers: [server], user: 'producer', name: 'producer', waitOnFirstConnect: true });
const rpc = new NatsRpcClient(link, { namespace, defaultTimeoutMs: CALL_MS });
const queue = new JetStreamWorkQueue(link, { namespace, cell, host: 'producer', instance: 'producer' });

process.on('message', (assignment: Assignment) => void produce(assignment));
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
process.send?.({ kind: 'ready' });

async function produce({ round, submissions, journal: file, beginAt }: Assignment): Promise<void> {
  const journal = new Journal(file);
  const answered = new Set(journal.read().map(({ id }) => id));
  const all = JSON.parse(readFileSync(submissions, 'utf8')) as Submission[];
  const lines = Map.groupBy(
    all.filter(({ id }) => !answered.has(id)),
    ({ id, orderKey }) => orderKey ?? id,
  );
  await Promise.all([...lines.values()].map((line) => submitInOrder(line, journal, beginAt)));
  process.send?.({ kind: 'done', round });
}

async function submitInOrder(line: readonly Submission[], journal: Journal, beginAt: number): Promise<void> {
  for (const submission of line) {
    await sleep(Math.max(0, beginAt + submission.atMs - Date.now()));
    await untilAnswered(submission, journal);
  }
}

async function untilAnswered(submission: Submission, journal: Journal): Promise<void> {
  for (;;) {
    try {
      if (submission.document === undefined) {
        await queue.publish(messageOfLaterVersion(submission), submission.id);
        journal.note({ id: submission.id, kind: 'stored' });
      } else {
        const { document, id, priority } = submission;
        const request = { document, priority, idempotencyKey: id, submittedBy: 'chaos' };
        const { runId } = await rpc.call(OrchestratorRpc.submit, request, { timeoutMs: CALL_MS });
        journal.note({ id, kind: 'accepted', runId });
      }
      return;
    } catch (error) {
      if (!(error instanceof AetError) || !isWorthRepeating(error)) {
        journal.note({ id: submission.id, kind: 'refused', code: error instanceof AetError ? error.code : String(error) });
        return;
      }
      await sleep(AGAIN_MS);
    }
  }
}

/** A deadline that passed says nothing about the submit; its key makes it safe to ask again. */
const isWorthRepeating = (error: AetError): boolean => error.retryable || error.code === 'DEADLINE_PASSED';

function messageOfLaterVersion({ id, priority }: Submission): TaskMessage {
  const message = {
    v: 99,
    runId: id,
    step: 'a',
    attempt: 1,
    cell,
    epoch: 1,
    capability: CAPABILITY,
    priority,
    input: {},
    timeoutMs: 1_000,
  };
  return { ...message, correlationId: id, workflow: 'chaos', scheduledAt: new Date().toISOString() } as unknown as TaskMessage;
}
