import {
  PauseSchedule,
  PutSchedule,
  RemoveSchedule,
  ResumeSchedule,
  type ScheduleList,
  type ScheduleRemoved,
  ScheduleRpc,
  type ScheduleView,
} from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { Controller, UseGuards } from '@nestjs/common';
import { ManageSchedules } from '../application/manage-schedules.js';
import { RecordReadyGuard } from './record-ready.guard.js';

@Controller()
@UseGuards(RecordReadyGuard)
export class SchedulesController {
  constructor(private readonly schedules: ManageSchedules) {}

  @Rpc(ScheduleRpc.put)
  put(request: PutSchedule): Promise<ScheduleView> {
    return this.schedules.put(request);
  }

  @Rpc(ScheduleRpc.ls)
  async list(): Promise<ScheduleList> {
    return { schedules: await this.schedules.list() };
  }

  @Rpc(ScheduleRpc.rm)
  remove(request: RemoveSchedule): Promise<ScheduleRemoved> {
    return this.schedules.remove(request);
  }

  @Rpc(ScheduleRpc.pause)
  pause(request: PauseSchedule): Promise<ScheduleView> {
    return this.schedules.pause(request);
  }

  @Rpc(ScheduleRpc.resume)
  resume(request: ResumeSchedule): Promise<ScheduleView> {
    return this.schedules.resume(request);
  }
}
