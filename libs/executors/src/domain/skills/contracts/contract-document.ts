import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { asString, isObject, type JsonObject } from '../json.js';
import { pointerKeys } from './json-pointer.js';

export type ContractKind = 'swagger-2' | 'openapi-3' | 'json-schema';

/** A parsed contract that knows the line of everything in it. */
export interface ContractDocument {
  kind: ContractKind;
  root: JsonObject;
  /** Line of the key or item that a pointer names, from 1; of its nearest parent when it is not there. */
  lineOf(pointer: string): number;
}

export type ReadContract =
  | { ok: true; document: ContractDocument }
  /** Neither OpenAPI nor JSON Schema. */
  | { ok: false; reason: 'other' }
  | { ok: false; reason: 'malformed'; message: string; line: number; column: number };

/** Reads YAML or JSON. `path` decides about the syntax and, with `*.schema.json`, about what is a schema. */
export function readContract(text: string, path: string): ReadContract {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, logLevel: 'silent' });
  const looksLikeContract = /["']?(openapi|swagger|\$schema)["']?\s*:/.test(text) || /\.schema\.(json|ya?ml)$/.test(path);
  const malformed = (message: string, offset: number): ReadContract => {
    if (!looksLikeContract) return { ok: false, reason: 'other' };
    const { line, col } = lines.linePos(offset);
    return { ok: false, reason: 'malformed', message, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const error = document.errors[0];
  if (error) return malformed(error.message, error.pos[0]);
  const strict = /\.json$/i.test(path) ? jsonProblem(text) : undefined;
  if (strict) return malformed(strict.message, strict.offset);
  let root: unknown;
  try {
    root = document.toJS({ maxAliasCount: 100 });
  } catch (error_) {
    return malformed(error_ instanceof Error ? error_.message : String(error_), 0);
  }
  const kind = isObject(root) ? contractKind(root, path) : undefined;
  if (!isObject(root) || kind === undefined) return { ok: false, reason: 'other' };
  return { ok: true, document: { kind, root, lineOf: (pointer) => lineOf(document, lines, pointer) } };
}

/** JSON is stricter than YAML: a comment or a trailing comma makes other readers fail. A byte order mark is let pass. */
function jsonProblem(text: string): { message: string; offset: number } | undefined {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { message, offset: Number(/position (\d+)/.exec(message)?.[1] ?? 0) };
  }
}

function contractKind(root: JsonObject, path: string): ContractKind | undefined {
  const version = root['openapi'];
  if (typeof version === 'string' && version.startsWith('3.')) return 'openapi-3';
  if (String(root['swagger']) === '2' || String(root['swagger']).startsWith('2.')) return 'swagger-2';
  if (asString(root['$schema'])?.includes('json-schema.org')) return 'json-schema';
  const shaped = ['type', 'properties', '$defs', 'definitions', 'allOf', 'oneOf', 'anyOf', '$ref'].some((key) => key in root);
  return /\.schema\.(json|ya?ml)$/.test(path) && shaped ? 'json-schema' : undefined;
}

function lineOf(document: Document.Parsed, lines: LineCounter, pointer: string): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of pointerKeys(pointer)) {
    if (isAlias(node)) node = node.resolve(document);
    const next = isMap(node)
      ? node.items.find((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key) === key)
      : isSeq(node)
        ? node.items[Number(key)]
        : undefined;
    if (next === undefined || next === null) break;
    const pair = isPair(next) ? next : undefined;
    const place = pair ? pair.key : next;
    offset = rangeStart(place) ?? offset;
    node = pair ? pair.value : next;
  }
  return Math.max(1, lines.linePos(offset).line);
}

const rangeStart = (node: unknown): number | undefined =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? Number(node.range[0]) : undefined;
