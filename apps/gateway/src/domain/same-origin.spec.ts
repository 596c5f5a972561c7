import { describe, expect, it } from 'vitest';
import { writeIsOwn } from './same-origin.js';

const host = '127.0.0.1:5001';

describe('a request with a cookie', () => {
  it.each(['GET', 'HEAD', 'get'])('may read with %s from anywhere', (method) => {
    expect(writeIsOwn({ method, host, origin: 'https://elsewhere.example' })).toBe(true);
  });
  it.each([
    [`http://${host}`, true],
    ['http://127.0.0.1:5002', false],
    ['https://elsewhere.example', false],
    ['null', false],
    [undefined, false],
  ])('may write from %s: %s', (origin, allowed) => {
    expect(writeIsOwn({ method: 'POST', host, origin })).toBe(allowed);
  });
});
