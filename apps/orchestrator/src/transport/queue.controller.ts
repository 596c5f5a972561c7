import {
  type CapabilityView,
  DeadLetterRef,
  type DeadLetterPage,
  DlqRpc,
  DropDeadLetter,
  type Dropped,
  ListDeadLetters,
  PauseCapability,
  QueueRpc,
  type QueueView,
  RateCapability,
  type Redriven,
  ResumeCapability,
  RetryDeadLetter,
  type StoredDeadLetter,
} from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { Controller, UseGuards } from '@nestjs/common';
import { ManageDeadLetters } from '../application/manage-dead-letters.js';
import { ManageQueue } from '../application/manage-queue.js';
import { RecordReadyGuard } from './record-ready.guard.js';

/** A caller that does not say who it is. */
const NOBODY = 'unknown';

/** The operator's commands. Who may give them is decided by the server's permissions and the gateway. */
@Controller()
export class QueueController {
  constructor(
    private readonly queue: ManageQueue,
    private readonly letters: ManageDeadLetters,
  ) {}

  @Rpc(QueueRpc.ls)
  list(): Promise<QueueView> {
    return this.queue.view();
  }

  @Rpc(QueueRpc.pause)
  pause({ capability, by = NOBODY, reason }: PauseCapability): Promise<CapabilityView> {
    return this.queue.pause(capability, by, reason);
  }

  @Rpc(QueueRpc.resume)
  resume({ capability, by = NOBODY, reason }: ResumeCapability): Promise<CapabilityView> {
    return this.queue.resume(capability, by, reason);
  }

  @Rpc(QueueRpc.rate)
  rate(request: RateCapability): Promise<CapabilityView> {
    return this.queue.setRate(request, request.by ?? NOBODY);
  }

  @Rpc(DlqRpc.ls)
  deadLetters(request: ListDeadLetters): Promise<DeadLetterPage> {
    return this.letters.list(request);
  }

  @Rpc(DlqRpc.show)
  deadLetter({ sequence }: DeadLetterRef): Promise<StoredDeadLetter> {
    return this.letters.show(sequence);
  }

  @Rpc(DlqRpc.retry)
  @UseGuards(RecordReadyGuard)
  retry(request: RetryDeadLetter): Promise<Redriven> {
    return this.letters.retry(request);
  }

  @Rpc(DlqRpc.drop)
  drop(request: DropDeadLetter): Promise<Dropped> {
    return this.letters.drop(request);
  }
}
