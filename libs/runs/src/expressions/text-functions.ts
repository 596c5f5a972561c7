import type { Budget } from './budget.js';
import { define, type ExpressionFunction, maybe, one } from './function-signature.js';
import { jsonBytes, PAYLOAD_LIMIT_BYTES } from '../run/limits.js';
import { searched, searchedSlowly } from './text-search.js';
import type { Json } from './values.js';

/** Pays for a text before it is built. @throws when a run could not carry it */
function building(name: string, characters: number, budget: Budget): void {
  if (characters > PAYLOAD_LIMIT_BYTES) throw new Error(`${name}() would build more than ${PAYLOAD_LIMIT_BYTES} characters`);
  budget.spendText(characters);
}

function wholeNumber(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name}() takes a whole number from 0, and is given ${value}`);
  return value;
}

function join([glue, texts]: [string, string[]], budget: Budget): string {
  building(
    'join',
    texts.reduce((sum, text) => sum + text.length + glue.length, 0),
    budget,
  );
  return texts.join(glue);
}

/** At the first `count` places, or at all; the parts of which the text consists then. */
function parts(name: string, text: string, part: string, count: number | undefined, budget: Budget): string[] {
  if (text === '' && part === '') return [];
  const found = searched(text, part, budget).split(part);
  budget.spend(found.length);
  if (count === undefined || found.length <= wholeNumber(name, count) + 1) return found;
  return [...found.slice(0, count), found.slice(count).join(part)];
}

function replace([text, part, by, count]: [string, string, string, number?], budget: Budget): string {
  const found = parts('replace', text, part, count, budget);
  building('replace', text.length + found.length * by.length, budget);
  return found.join(by);
}

const pad =
  (name: string, fill: (text: string, width: number, padding: string) => string) =>
  ([text, width, padding = ' ']: [string, number, string?], budget: Budget): string => {
    if (Array.from(padding.slice(0, 3)).length !== 1) throw new Error(`${name}() pads with one character`);
    building(name, wholeNumber(name, width), budget);
    return fill(text, width, padding);
  };

/** Without a regular expression: the library's needs time in the square of the text. */
const trim =
  (left: boolean, right: boolean) =>
  ([text, characters]: [string, string?], budget: Budget): string => {
    budget.spend(text.length + (characters?.length ?? 0));
    const set = characters === undefined || characters === '' ? undefined : new Set(characters.split(''));
    const goes = (at: number): boolean => {
      const unit = text.charAt(at);
      return set === undefined ? unit.trim() === '' || unit === '\u0085' : set.has(unit);
    };
    let [from, to] = [0, text.length];
    if (left) while (from < to && goes(from)) from++;
    if (right) while (to > from && goes(to - 1)) to--;
    return text.slice(from, to);
  };

/** The place of the part between `start` and `end`; null when it is not there. */
const find =
  (name: string, last: boolean) =>
  ([text, part, start, end]: [string, string, number?, number?], budget: Budget): Json => {
    if (text === '' || part === '') return null;
    for (const given of [start, end])
      if (given !== undefined && !Number.isInteger(given)) throw new Error(`${name}() takes whole numbers as places`);
    const from = Math.max(start ?? 0, 0);
    const within = text.slice(from, Math.min(end === undefined || end === 0 ? text.length : end, text.length));
    const at = last ? searchedSlowly(within, part, budget).lastIndexOf(part) : searched(within, part, budget).indexOf(part);
    return at < 0 ? null : at + from;
  };

/** Looked at before it is written: parts that are shared many times take their size each time. */
function toText([value]: [Json], budget: Budget): string {
  if (typeof value === 'string') return value;
  const bytes = jsonBytes(value, PAYLOAD_LIMIT_BYTES);
  building('to_string', bytes, budget);
  budget.spend(bytes / 4);
  return JSON.stringify(value);
}

const changed =
  (change: (text: string) => string) =>
  ([text]: [string], budget: Budget): string => {
    budget.spendText(text.length);
    return change(text);
  };

const TEXT = one('string');

export const textFunctions: Readonly<Record<string, ExpressionFunction>> = {
  ends_with: define([TEXT, TEXT], ([text, part]: [string, string], budget) => {
    budget.spendText(part.length);
    return text.endsWith(part);
  }),
  find_first: define([TEXT, TEXT, maybe('number'), maybe('number')], find('find_first', false)),
  find_last: define([TEXT, TEXT, maybe('number'), maybe('number')], find('find_last', true)),
  join: define([TEXT, one('array<string>')], join),
  lower: define(
    [TEXT],
    changed((text) => text.toLowerCase()),
  ),
  pad_left: define(
    [TEXT, one('number'), maybe('string')],
    pad('pad_left', (text, width, padding) => text.padStart(width, padding)),
  ),
  pad_right: define(
    [TEXT, one('number'), maybe('string')],
    pad('pad_right', (text, width, padding) => text.padEnd(width, padding)),
  ),
  replace: define([TEXT, TEXT, TEXT, maybe('number')], replace),
  split: define([TEXT, TEXT, maybe('number')], ([text, part, count]: [string, string, number?], budget) =>
    parts('split', text, part, count, budget),
  ),
  starts_with: define([TEXT, TEXT], ([text, part]: [string, string], budget) => {
    budget.spendText(part.length);
    return text.startsWith(part);
  }),
  to_string: define([one('any')], toText),
  trim: define([TEXT, maybe('string')], trim(true, true)),
  trim_left: define([TEXT, maybe('string')], trim(true, false)),
  trim_right: define([TEXT, maybe('string')], trim(false, true)),
  upper: define(
    [TEXT],
    changed((text) => text.toUpperCase()),
  ),
};
