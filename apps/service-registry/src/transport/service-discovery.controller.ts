import { Controller, Get, Header, Query } from '@nestjs/common';
import { InstanceDirectory } from '../application/directory.js';
import { type TargetGroup, targetGroups } from '../domain/http-sd.js';

/** For Prometheus' `http_sd_configs`: always the whole list, from memory, so the last one known while NATS is away. */
@Controller()
export class ServiceDiscoveryController {
  constructor(private readonly directory: InstanceDirectory) {}

  @Get('sd')
  @Header('content-type', 'application/json')
  @Header('cache-control', 'no-store')
  targets(@Query('cell') cell?: string): TargetGroup[] {
    return targetGroups(this.directory.cells(cell === undefined ? {} : { cell }));
  }
}
