import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOf } from './connection.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'aet-conn-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const secret = (name: string, content: string): string => {
  const file = path.join(dir, name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
};
const config = { host: 'h', port: 1, name: 'n', user: 'u', passwordFile: '', urlFile: '', poolSize: 1 };

describe('a connection', () => {
  it('reads its password anew each time', async () => {
    const passwordFile = secret('password', 'first\n');
    const { password } = connectionOf({ ...config, passwordFile });
    expect(await password?.()).toBe('first');
    writeFileSync(passwordFile, 'second');
    expect(await password?.()).toBe('second');
  });

  it('comes from a URL in a file, which wins', async () => {
    const urlFile = secret('url', 'postgresql://ann:p%40ss@db.example:6000/runs%20x?sslmode=require\n');
    const { password, ...connection } = connectionOf({ ...config, urlFile });
    expect(connection).toMatchObject({
      host: 'db.example',
      port: 6000,
      user: 'ann',
      database: 'runs x',
      ssl: { rejectUnauthorized: false },
    });
    expect(await password?.()).toBe('p@ss');
  });

  it('says which file is wrong, and never what is in it', () => {
    expect(() => connectionOf({ ...config, passwordFile: path.join(dir, 'absent') })).toThrow(/absent/);
    const open = secret('open', 'x');
    chmodSync(open, 0o640);
    expect(() => connectionOf({ ...config, passwordFile: open })).toThrow(/chmod 600/);
    const urlFile = secret('bad', 'mysql://ann:s3cret@h/x');
    expect(() => connectionOf({ ...config, urlFile })).toThrow(/^(?!.*s3cret).*postgres:\/\//);
  });
});
