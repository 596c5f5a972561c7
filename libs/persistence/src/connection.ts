import { type AetConfig, readSecretFile } from '@aet/config';
import { DatabaseRefused } from './database-error.js';

/** What node-postgres needs to connect. The password is read from its file at every new connection, so a rotated one is taken up. */
export interface Connection {
  host: string;
  port: number;
  database: string;
  user: string;
  password: (() => Promise<string>) | undefined;
  ssl: boolean | { rejectUnauthorized: boolean };
  application_name: string;
  /** A server that does not answer must not hold a caller: milliseconds. */
  connectionTimeoutMillis: number;
  query_timeout: number;
  keepAlive: boolean;
}

const CONNECT_MS = 5_000;
/** Longer than any statement of ours; a database that stalls past it counts as away. */
const QUERY_MS = 30_000;

/** From `database.urlFile` when set, else from the fields. @throws {SecretFileRefused} {DatabaseRefused} */
export function connectionOf(database: AetConfig['database'], application = 'aet'): Connection {
  const shared = {
    application_name: application,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    keepAlive: true,
  };
  if (database.urlFile !== '') return { ...fromUrl(database.urlFile), ...shared };
  const { host, port, name, user, passwordFile } = database;
  if (passwordFile !== '') readSecretFile(passwordFile); // a wrong file is told now, not at the first query
  const password = passwordFile === '' ? undefined : () => Promise.resolve().then(() => readSecretFile(passwordFile));
  return { host, port, database: name, user, password, ssl: false, ...shared };
}

function fromUrl(file: string): Pick<Connection, 'host' | 'port' | 'database' | 'user' | 'password' | 'ssl'> {
  const url = parse(readSecretFile(file), file);
  const password = decodeURIComponent(url.password);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 5432 : Number(url.port),
    database: decodeURIComponent(url.pathname.slice(1)) || 'postgres',
    user: decodeURIComponent(url.username) || 'postgres',
    password: password === '' ? undefined : () => Promise.resolve(password),
    ssl: tlsOf(url.searchParams.get('sslmode')),
  };
}

/** The URL itself never stands in the message: it holds the password. */
function parse(text: string, file: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === '') {
    throw new DatabaseRefused(
      `${file} does not hold a connection URL: write postgres://user:password@host:5432/database into it`,
    );
  }
  return url;
}

/** As libpq: `require` encrypts, `verify-*` also checks the certificate. */
function tlsOf(mode: string | null): Connection['ssl'] {
  if (mode === null || mode === 'disable' || mode === 'prefer' || mode === 'allow') return false;
  return { rejectUnauthorized: mode !== 'require' };
}
