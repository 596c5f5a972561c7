import { SERVICES, ServiceName } from '@aet/contracts';

/** Users of the server beside the services, each with a key of its own. */
export const OtherUser = {
  /** Makes streams, consumers and buckets; run by the supervisor. */
  Provisioner: 'provisioner',
  /** A person with a plain NATS client: looks and calls, changes nothing by itself. */
  Operator: 'operator',
  /** The other end of a leaf link. */
  Leaf: 'leaf',
  /** Of the system account: the server's own events and statistics. */
  Sys: 'sys',
} as const;
export type OtherUser = (typeof OtherUser)[keyof typeof OtherUser];

export type NatsUser = ServiceName | OtherUser;
export const NATS_USERS: readonly NatsUser[] = [...SERVICES, ...Object.values(OtherUser)];
