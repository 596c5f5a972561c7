import { type AdoptionEvent, CellRpc, RegistryRpc } from '@aet/contracts';
import type { CellCopies, RpcClient } from '@aet/messaging';
import { OtherCells } from '../application/cell-ports.js';

/** Longest wait for an answer. Milliseconds. */
const ANSWER_MS = 2_000;
/** Servers say something to each other every second. A server that was heard so lately is not lost. Milliseconds. */
const HEARD_MS = 5_000;

export class RpcOtherCells extends OtherCells {
  constructor(
    private readonly rpc: RpcClient,
    private readonly copies: CellCopies,
    private readonly me: string,
  ) {
    super();
  }

  async signOfLife(cell: string): Promise<string | undefined> {
    const [orchestrator, registry, heardMs] = await Promise.all([
      orNothing(this.rpc.call(CellRpc.position, {}, { cell, timeoutMs: ANSWER_MS })),
      orNothing(this.rpc.call(RegistryRpc.instances, {}, { cell, timeoutMs: ANSWER_MS })),
      orNothing(this.copies.state(cell)).then((state) => state?.heardMs),
    ]);
    if (orchestrator !== undefined) return 'its orchestrator answers';
    if (registry !== undefined) return 'its registry answers';
    return heardMs !== undefined && heardMs < HEARD_MS ? 'its nats-server is heard' : undefined;
  }

  async adoptions(cell: string): Promise<AdoptionEvent[] | undefined> {
    const all: AdoptionEvent[] = [];
    for (let after: string | undefined, more = true; more;) {
      const question = { from: this.me, ...(after === undefined ? {} : { after }) };
      const page = await orNothing(this.rpc.call(CellRpc.adoptions, question, { cell, timeoutMs: ANSWER_MS }));
      if (page === undefined) return undefined;
      all.push(...page.adoptions);
      after = page.next;
      more = after !== undefined;
    }
    return all;
  }
}

const orNothing = async <T>(answer: Promise<T>): Promise<T | undefined> => answer.catch(() => undefined);
