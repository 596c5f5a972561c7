/** What the NATS services protocol (ADR-32) asks an instance. */
export const ServiceVerb = { Ping: 'PING', Info: 'INFO', Stats: 'STATS' } as const;
export type ServiceVerb = (typeof ServiceVerb)[keyof typeof ServiceVerb];

/** Where an instance is asked: all services, those of its name, itself. Outside of any namespace: the protocol has none. */
export const serviceSubjects = (verb: ServiceVerb, name: string, id: string): string[] => [
  `$SRV.${verb}`,
  `$SRV.${verb}.${name}`,
  `$SRV.${verb}.${name}.${id}`,
];

/** Every question of the protocol, for those who ask. */
export const SERVICES_PROTOCOL_ALL = '$SRV.>';
