import type { HealthReport, InstanceRecord } from '@aet/contracts';
import { healthReport, instanceRecord, type RecordParts } from './instance-record.js';

/** This instance, as others see it. */
export class InstanceSelf {
  constructor(private readonly parts: RecordParts) {}

  record(): InstanceRecord {
    return instanceRecord(this.parts);
  }
  report(): HealthReport {
    return healthReport(this.parts);
  }
}
