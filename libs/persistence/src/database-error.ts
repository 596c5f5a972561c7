import { AetError, ErrorCode, InternalError, ResourceExhausted, Unavailable } from '@aet/contracts';

/** The database answers, but not to us: wrong password, no such database, no permission. Trying again does not help. */
export class DatabaseRefused extends AetError {
  readonly code = ErrorCode.ConfigInvalid;
}

interface ServerError extends Error {
  /** SQLSTATE from the server, or the system's code such as `ECONNREFUSED`. */
  code?: string;
}

const REMEDY: Record<string, string> = {
  '28P01': 'the password is wrong: the password file does not belong to this database (database.passwordFile)',
  '28000': 'the server does not let this user in: check database.user and the server’s pg_hba.conf',
  '3D000': 'the database does not exist: create it, or correct database.name',
  '42501': 'the user lacks a permission: grant it, or connect as the owner',
};

/** Classes of SQLSTATE that mean: the server is going, coming or full, not that the statement is wrong. 08 connection, 57P operator, 53300 too many connections. */
const GONE = /^(08...|57P0[1-5]|53300|25006|58030)$/;
/** 40001 and 40P01: the transaction changed nothing and may be tried again at once. */
const ROLLED_BACK = /^40(001|P01)$/;

const SYSTEM = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)/;
/** node-postgres gives these no code; its texts are the only sign. Source: pg/lib/client.js, pg-pool/index.js */
const LOST =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|not queryable|Cannot use a pool after calling end|Client was closed/;

export const sqlState = (error: unknown): string | undefined => (error as ServerError | undefined)?.code;

export const isRolledBack = (error: unknown): boolean => ROLLED_BACK.test(sqlState(error) ?? '');

/** A unique key of the statement exists: another writer was first. */
export const isTaken = (error: unknown): boolean => sqlState(error) === '23505';

export function isConnectionLoss(error: unknown): boolean {
  const { code, message } = error as ServerError;
  return code === undefined ? LOST.test(message) : GONE.test(code) || SYSTEM.test(code);
}

/** What a caller outside may see. Errors of ours pass unchanged. @param doing such as `appending to run x` */
export function databaseError(error: unknown, doing: string): AetError {
  if (error instanceof AetError) return error;
  const { code = '', message } = cleaned(error);
  const said = `${doing}: ${message}`;
  if (REMEDY[code] !== undefined) return new DatabaseRefused(`${said}; ${REMEDY[code]}`, { cause: error });
  if (code === '53100') {
    return new ResourceExhausted(`${said}; the database's disk is full: free space, it goes on by itself`, { cause: error });
  }
  if (isConnectionLoss(error) || isRolledBack(error)) {
    return new Unavailable(`${said}; the database is away or restarts: it is tried again when it is back`, { cause: error });
  }
  return new InternalError(said, { cause: error });
}

/** A refused connection to several addresses comes as an AggregateError without a message. */
function cleaned(error: unknown): { code?: string; message: string } {
  const { code, message, errors } = error as ServerError & { errors?: ServerError[] };
  const text = message === '' || message === undefined ? (errors?.map((e) => e.message).join('; ') ?? String(error)) : message;
  return code === undefined ? { message: text } : { code, message: text };
}
