import { expect, it } from 'vitest';
import { lastWords } from './last-words.js';

it.each([
  ['a program that says one thing', 'declined\n', 'declined'],
  [
    'an exception of Node',
    'node:internal/errors:998\n  throw error;\n\nError: no such file\n    at open (a.mjs:1:1) {\n  errno: -2\n}\n\nNode.js v24.1.0\n',
    'Error: no such file',
  ],
  ['an exception of Python', 'Traceback (most recent call last):\n  File "a.py"\nValueError: no\n', 'ValueError: no'],
  ['what is all indented', '  one\n  two\n', 'two'],
  ['silence', '\n', ''],
])('takes the reason from %s', (_, stderr, reason) => {
  expect(lastWords(stderr)).toBe(reason);
});
