import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Access, LOGIN_CODE_MS, SESSION_MS, TooManyFailedLogins } from './access.js';

const TOKEN = 'the-right-token';
const tokenHash = createHash('sha256').update(TOKEN).digest();

function access(time: { now: number }, overrides: { sessionKey?: string; tokenHash?: Buffer; name?: string } = {}): Access {
  let count = 0;
  return new Access(
    { tokenHash: overrides.tokenHash ?? tokenHash, sessionKey: overrides.sessionKey ?? 'k'.repeat(40) },
    { now: () => time.now, nonce: () => `${overrides.name ?? 'first'}-${++count}` },
  );
}
const sessionOf = (gate: Access): string => {
  const redeemed = gate.redeem(gate.issueCode().code, 'here');
  if (!redeemed.ok) throw new Error(redeemed.why);
  return redeemed.session;
};

describe('the bearer token', () => {
  it('opens when it is right, and only then', () => {
    const gate = access({ now: 0 });
    expect(() => gate.checkToken(TOKEN, 'a')).not.toThrow();
    expect(() => gate.checkToken(`${TOKEN}x`, 'a')).toThrow('the bearer token is wrong');
    expect(() => gate.checkToken('', 'a')).toThrow('the bearer token is wrong');
  });

  it('stops an address that guesses, even when it then guesses right, and lets it try again later', () => {
    const time = { now: 1_000_000 };
    const gate = access(time);
    for (let i = 0; i < 10; i++) expect(() => gate.checkToken(`guess ${i}`, 'a')).toThrow('wrong');
    expect(() => gate.checkToken(TOKEN, 'a')).toThrow(TooManyFailedLogins);
    expect(() => gate.checkToken(TOKEN, 'another')).not.toThrow();
    time.now += 6001;
    expect(() => gate.checkToken(TOKEN, 'a')).not.toThrow();
  });

  it('is not locked out by a program that repeats one old token', () => {
    const gate = access({ now: 0 });
    for (let i = 0; i < 100; i++) expect(() => gate.checkToken('old token', 'a')).toThrow('wrong');
    expect(() => gate.checkToken(TOKEN, 'a')).not.toThrow();
  });
});

describe('a login code', () => {
  it('gives a session once', () => {
    const gate = access({ now: 0 });
    const { code } = gate.issueCode();
    const first = gate.redeem(code, 'a');
    expect(first.ok && gate.sessionIsValid(first.session)).toBe(true);
    expect(gate.redeem(code, 'a')).toEqual({ ok: false, why: 'used' });
  });

  it('is over after ten minutes', () => {
    const time = { now: 0 };
    const gate = access(time);
    const { code } = gate.issueCode();
    time.now = LOGIN_CODE_MS;
    expect(gate.redeem(code, 'a')).toEqual({ ok: false, why: 'invalid' });
  });

  it('cannot be used again by way of a restart', () => {
    const time = { now: 0 };
    const { code } = access(time).issueCode();
    expect(access(time, { name: 'second' }).redeem(code, 'a')).toEqual({ ok: false, why: 'restarted' });
  });

  it('is neither a session nor made from one', () => {
    const gate = access({ now: 0 });
    expect(gate.sessionIsValid(gate.issueCode().code)).toBe(false);
    expect(gate.redeem(sessionOf(gate), 'a')).toEqual({ ok: false, why: 'invalid' });
  });

  it.each(['', '.', 'a.b', 'a.b.c', '%00.%00'])('refuses %j', (code) => {
    expect(access({ now: 0 }).redeem(code, 'a')).toEqual({ ok: false, why: 'invalid' });
  });
});

describe('a session', () => {
  it('outlives the process of the gateway, and ends at its time', () => {
    const time = { now: 0 };
    const session = sessionOf(access(time));
    const restarted = access(time, { name: 'second' });
    expect(restarted.sessionIsValid(session)).toBe(true);
    time.now = SESSION_MS;
    expect(restarted.sessionIsValid(session)).toBe(false);
  });

  it('ends when the key or the token is replaced, or a character of it is changed', () => {
    const time = { now: 0 };
    const gate = access(time);
    const session = sessionOf(gate);
    const body = session.split('.')[0] ?? '';
    const forged = Buffer.from(JSON.stringify({ expires: Number.MAX_SAFE_INTEGER, nonce: 'x' })).toString('base64url');
    expect(access(time, { sessionKey: 'o'.repeat(40) }).sessionIsValid(session)).toBe(false);
    expect(access(time, { tokenHash: createHash('sha256').update('new').digest() }).sessionIsValid(session)).toBe(false);
    expect(gate.sessionIsValid(session.replace(body, forged))).toBe(false);
    expect(gate.sessionIsValid(session)).toBe(true);
  });

  it('has a cookie of its own for each fleet', () => {
    const time = { now: 0 };
    expect(access(time).cookieName).toBe(access(time, { name: 'second' }).cookieName);
    expect(access(time).cookieName).not.toBe(access(time, { sessionKey: 'o'.repeat(40) }).cookieName);
  });
});
