import { describe, expect, it } from 'vitest';
import { MASK, redact, redactText } from './redaction.js';

describe('redact', () => {
  it.each([
    'authorization',
    'Authorization',
    'token',
    'accessToken',
    'seed',
    'password',
    'apiKey',
    'api_key',
    'x-api-key',
    'client-secret',
    'set-cookie',
  ])('masks the value of %s, however deep', (name) => {
    const made = redact({ a: [{ [name]: 'hidden' }], [name]: { deep: 'hidden' } });
    expect(JSON.stringify(made)).not.toContain('hidden');
    expect(made).toMatchObject({ a: [{ [name]: MASK }], [name]: MASK });
  });

  it('keeps what only sounds like a secret', () => {
    const harmless = { token: 17, tokens: 250, passwordFile: '/run/pw', seeded: true, tokenHashFile: 'x', keys: ['a'] };
    expect(redact(harmless)).toEqual(harmless);
  });

  it('leaves its argument alone and ends on a circle', () => {
    const loop: Record<string, unknown> = { password: 'p' };
    loop['self'] = loop;
    expect(JSON.stringify(redact(loop))).not.toContain('"p"');
    expect(loop['password']).toBe('p');
  });
});

describe('redactText', () => {
  it.each([
    `seed SUAM${'A'.repeat(54)} read`,
    'Authorization: Bearer abcdefghij.klmnop',
    'key sk-ant-api03-abcdefghijklmnop',
    'postgres://aet:hunter22@127.0.0.1/aet',
  ])('masks %s', (text) => {
    expect(redactText(text)).toContain(MASK);
    expect(redactText(text)).not.toMatch(/SUAM|abcdefghij|hunter22/);
  });

  it('keeps public keys, plain addresses and words', () => {
    const text = `user UA${'B'.repeat(54)} at nats://127.0.0.1:4222 bearer of news`;
    expect(redactText(text)).toBe(text);
  });
});
