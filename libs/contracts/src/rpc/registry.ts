import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import type { InstanceRecord } from '../instance.js';
import { SERVICES, ServiceName } from '../service-name.js';
import { IDEMPOTENT, rpcMethod } from './method.js';

export class ListInstances {
  @IsOptional()
  @IsIn([...SERVICES])
  service?: ServiceName;

  @IsOptional()
  @IsString()
  @MaxLength(64)
  cell?: string;

  @IsOptional()
  @IsString()
  @MaxLength(64)
  capability?: string;
}
export interface CellPicture {
  cell: string;
  /** `local` is this registry's own; `reachable` told of itself within 5 s; else `unreachable`, and its list is the last known. */
  state: 'local' | 'reachable' | 'unreachable';
  at: string;
  instances: InstanceRecord[];
}
export interface InstanceList {
  cells: CellPicture[];
}

export class AllocatePort {
  /** Instance that will hold it; the port is reclaimed when that instance's lease ends. */
  @IsString()
  @MaxLength(64)
  instance!: string;

  @IsString()
  @MaxLength(64)
  host!: string;

  /** What it is for, such as `http`. */
  @IsString()
  @MaxLength(64)
  purpose!: string;

  /** `service` (default) or `km`. */
  @IsOptional()
  @IsIn(['service', 'km'])
  pool?: 'service' | 'km';

  /** Wanted port; another is given when it is taken. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(65535)
  preferred?: number;
}
export interface PortGrant {
  port: number;
  /** Grows with every grant of the cell; a write guarded by an older one is refused. */
  token: number;
}
export class ReleasePort {
  @IsString()
  @MaxLength(64)
  instance!: string;

  @IsString()
  @MaxLength(64)
  host!: string;

  @IsInt()
  @Min(1)
  @Max(65535)
  port!: number;
}
export class ListPorts {
  @IsOptional()
  @IsString()
  @MaxLength(64)
  host?: string;
}
export interface PortRecord {
  host: string;
  port: number;
  instance: string;
  purpose: string;
  token: number;
  at: string;
}
export interface PortList {
  ports: PortRecord[];
  pools: { host: string; pool: string; from: number; to: number; used: number }[];
}

export const RegistryRpc = {
  instances: rpcMethod<InstanceList>()(
    ServiceName.Registry,
    'instances',
    ListInstances,
    'Instances with a live lease, by cell.',
    IDEMPOTENT,
  ),
  allocatePort: rpcMethod<PortGrant>()(
    ServiceName.Registry,
    'allocate-port',
    AllocatePort,
    'A free port on a host, held by an instance.',
  ),
  releasePort: rpcMethod<{ released: boolean }>()(ServiceName.Registry, 'release-port', ReleasePort, 'Gives a port back.'),
  ports: rpcMethod<PortList>()(
    ServiceName.Registry,
    'ports',
    ListPorts,
    'Ports that are held, and how full the pools are.',
    IDEMPOTENT,
  ),
} as const;
