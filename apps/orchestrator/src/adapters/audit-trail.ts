import { Aggregate, ServiceName, cloudEvent } from '@aet/contracts';
import type { EventBus } from '@aet/messaging';
import { correlation } from '@aet/telemetry';
import { randomUUID } from 'node:crypto';
import type { Auditor } from '../application/ports.js';

/** Operators' acts as facts of the aggregate `audit`, in the stream of events. */
export class AuditTrail implements Auditor {
  constructor(
    private readonly bus: EventBus,
    private readonly place: { namespace: string; cell: string },
    /** Called for each act. */
    private readonly onAct?: (action: string) => void,
  ) {}

  record(action: string, data: Record<string, unknown>): Promise<void> {
    this.onAct?.(action);
    const id = randomUUID();
    const event = cloudEvent({
      id,
      ...this.place,
      service: ServiceName.Orchestrator,
      type: `audit.${action}`,
      subject: action,
      time: new Date(),
      correlationId: correlation.current()?.correlationId ?? id,
      data,
    });
    return this.bus.publishFact(Aggregate.Audit, id, event, id);
  }
}
