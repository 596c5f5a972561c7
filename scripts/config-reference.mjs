// Writes the table of all keys in docs/configuration.md from config/schema/aet.schema.json. `--check` only says, by its exit code, whether the table
// is stale; `--file PATH` is another page with the same two markers.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values: given } = parseArgs({ options: { check: { type: 'boolean' }, file: { type: 'string' } } });
const page = given.file ?? `${root}docs/configuration.md`;
const BEGIN = '<!-- keys: written by scripts/config-reference.mjs -->';
const END = '<!-- /keys -->';

/** Every key that holds a value, as a dotted path with its part of the schema. */
const keys = (node, path = []) =>
  node.properties === undefined
    ? [{ path: path.join('.'), node }]
    : Object.entries(node.properties).flatMap(([name, child]) => keys(child, [...path, name]));

const code = (text) => `\`${text}\``;

function typeOf({ type, enum: allowed, items, additionalProperties: others }) {
  if (allowed !== undefined) return allowed.map(code).join(' ');
  if (type === 'array') return `list of ${items.type}`;
  return type === 'object' ? `map of ${others.type}` : type;
}

function limitsOf({ minimum, maximum, pattern, minItems }) {
  const range = minimum === undefined && maximum === undefined ? [] : [`${minimum ?? ''} to ${maximum ?? ''}`];
  const words = [
    ...range,
    ...(minItems === undefined ? [] : [`at least ${minItems}`]),
    ...(pattern === undefined ? [] : [code(pattern)]),
  ];
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

const defaultOf = ({ default: value }) => (value === '' ? 'empty' : code(JSON.stringify(value)));

const row = ({ path, node }) =>
  `| ${code(path)} | ${`${typeOf(node)}${limitsOf(node)}`.replaceAll('|', '\\|')} | ${defaultOf(node)} | ${node.description ?? ''} |`;

const schema = JSON.parse(readFileSync(`${root}config/schema/aet.schema.json`, 'utf8'));
const table = ['| key | type | default | meaning |', '|---|---|---|---|', ...keys(schema).map(row)].join('\n');

const text = readFileSync(page, 'utf8');
const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
if (begin < 0 || end < begin) {
  console.error(`error: ${page} lacks the lines "${BEGIN}" and "${END}" in this order`);
  process.exit(2);
}
const wanted = `${text.slice(0, begin + BEGIN.length)}\n${table}\n${text.slice(end)}`;
if (given.check) {
  if (wanted !== text) {
    console.error(`error: the keys in ${page} are stale: run node scripts/config-reference.mjs`);
    process.exitCode = 1;
  }
} else if (wanted !== text) {
  writeFileSync(page, wanted);
  console.log(`wrote ${page}`);
}
