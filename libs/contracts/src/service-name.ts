/** The apps that answer on the wire. An instance has an id of its own: `<service>-<8 characters>`. */
export const ServiceName = {
  Registry: 'service-registry',
  Orchestrator: 'orchestrator',
  Agent: 'agent',
  Km: 'km',
  Hub: 'observability-hub',
  Gateway: 'gateway',
} as const;
export type ServiceName = (typeof ServiceName)[keyof typeof ServiceName];
export const SERVICES: readonly ServiceName[] = Object.values(ServiceName);
