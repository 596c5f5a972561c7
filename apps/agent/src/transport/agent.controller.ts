import { type AgentList, AgentRpc, type Empty } from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { ServiceIdentity, WorkLoad } from '@aet/service-kit';
import { Controller } from '@nestjs/common';
import { Roster } from '@aet/executors';

@Controller()
export class AgentController {
  constructor(
    private readonly identity: ServiceIdentity,
    private readonly roster: Roster,
    private readonly load: WorkLoad,
  ) {}

  @Rpc(AgentRpc.list)
  list(_request: Empty): AgentList {
    const { host, instance } = this.identity;
    const agents = this.roster.agents.map(({ name, description, capabilities, executor, version, source }) => ({
      name,
      description,
      capabilities,
      executor,
      source,
      ...(version === undefined ? {} : { version }),
    }));
    return { host, instance, slots: { total: this.load.capacity, busy: this.load.active }, agents };
  }
}
