import { relative } from 'node:path';
import { ValidationFailed } from '@aet/contracts';
import type { PublicKeys } from './ensure-credentials.js';
import { NATS_USERS, type NatsUser, OtherUser } from './nats-user.js';
import { type Permissions, permissionsOf } from './permissions.js';

export interface Address {
  host: string;
  /** -1: a free one, for tests. */
  port: number;
}

export interface ServerConfigOptions {
  namespace: string;
  cell: string;
  /** Cells of whose events this one keeps copies. Default: none. */
  peers?: readonly string[];
  listen: Address;
  /** Public keys only. */
  keys: PublicKeys;
  /** Folder of JetStream's files. */
  storeDir: string;
  /** Folder in which the configuration will lie; the leaf seed is included relative to it. */
  configDir: string;
  leaf?: {
    /** Where other cells may dial in. Loopback or a private address. */
    listen?: Address;
    /** Public leaf keys of the cells that dial in. */
    peerKeys?: readonly string[];
    /** Cells that this one dials, and the file that `leafSeedConfig` names. */
    remotes?: readonly { url: string; seedConfig: string }[];
  };
  /** HTTP monitoring, for loopback only: it has no authentication. Absent: off. */
  monitor?: Address;
}

/** Room of all streams and buckets together: what `cellTopology` reserves, and a quarter more. */
const MAX_STORE = '24GB';
/** So many replies to one request, and so late, a responder may send; a stream of results is many. */
const RESPONSES = '{ max: 100000, expires: "1h" }';

/**
 * The configuration of a cell's nats-server as text: accounts SYS and FLEET, one public key and its permissions for each user, JetStream in
 * the cell's domain. Understood by 2.9.10 and by the newest alike; a later server's defaults apply where it says nothing.
 */
export function renderServerConfig(options: ServerConfigOptions): string {
  return [
    `server_name: ${quoted(`aet-${options.namespace}-${options.cell}`)}`,
    `listen: ${address(options.listen)}`,
    ...(options.monitor === undefined ? [] : [`http: ${address(loopback(options.monitor))}`]),
    // A dead client is noticed within 10 s, and its subscriptions with it.
    'ping_interval: "5s"',
    'ping_max: 2',
    'max_payload: 1MB',
    `jetstream: { store_dir: ${quoted(options.storeDir)}, domain: ${quoted(options.cell)}, max_file_store: ${MAX_STORE} }`,
    ...accounts(options),
    ...leafNodes(options),
    '',
  ].join('\n');
}

function accounts({ namespace, cell, peers, keys, leaf }: ServerConfigOptions): string[] {
  const fleet = NATS_USERS.filter((user) => user !== OtherUser.Sys);
  const permissions = (user: NatsUser): Permissions => permissionsOf(user, namespace, cell, peers);
  return [
    'system_account: SYS',
    'accounts: {',
    '  SYS: { users: [',
    `    ${userLine(keys.sys, 'STANDARD')}`,
    '  ] }',
    '  FLEET: { jetstream: enabled, users: [',
    ...fleet.map((user) => `    ${userLine(keys[user], user === OtherUser.Leaf ? 'LEAFNODE' : 'STANDARD', permissions(user))}`),
    ...(leaf?.peerKeys ?? []).map((key) => `    ${userLine(key, 'LEAFNODE', permissions(OtherUser.Leaf))}`),
    '  ] }',
    '}',
  ];
}

/** A leaf key opens leaf links only, and a service's key none: each is useless for the other's purpose. */
function userLine(key: string, connection: 'STANDARD' | 'LEAFNODE', permissions?: Permissions): string {
  const fields = [`nkey: ${publicKey(key)}`, `allowed_connection_types: ["${connection}"]`];
  if (permissions !== undefined) {
    fields.push(
      `permissions: { publish: { allow: ${JSON.stringify(permissions.publish)} }, ` +
        `subscribe: { allow: ${JSON.stringify(permissions.subscribe)} }, allow_responses: ${RESPONSES} }`,
    );
  }
  return `{ ${fields.join(', ')} }`;
}

function leafNodes({ leaf, configDir }: ServerConfigOptions): string[] {
  if (leaf?.listen === undefined && (leaf?.remotes ?? []).length === 0) return [];
  return [
    'leafnodes: {',
    // Who dials in knows the address that it dials; the one that this server would tell it may not be reached from there.
    ...(leaf?.listen === undefined ? [] : [`  listen: ${address(leaf.listen)}`, '  no_advertise: true']),
    '  reconnect: "1s"',
    '  remotes: [',
    ...(leaf?.remotes ?? []).flatMap(({ url, seedConfig }) => [
      `    { url: ${quoted(url)}, account: FLEET`,
      // The server reads an include relative to the including file, and only so.
      `      include ${quoted(relative(configDir, seedConfig))}`,
      '    }',
    ]),
    '  ]',
    '}',
  ];
}

const address = ({ host, port }: Address): string => quoted(`${host.includes(':') ? `[${host}]` : host}:${port}`);

function loopback(monitor: Address): Address {
  if (['127.0.0.1', '::1', 'localhost'].includes(monitor.host)) return monitor;
  throw new ValidationFailed(
    `the monitoring port of nats-server has no authentication: bind it to 127.0.0.1, not ${monitor.host}`,
    [],
  );
}

/** A key from outside must not become configuration. */
function publicKey(key: string): string {
  if (/^U[A-Z2-7]{55}$/.test(key)) return key;
  throw new ValidationFailed('a NATS user is given by its public key, 56 characters that begin with U', []);
}

const quoted = (text: string): string => JSON.stringify(text);
