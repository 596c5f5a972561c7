import { ConfigInvalid, type ConfigProblem } from './config-problem.js';
import type { Layer } from './layer.js';
import { nodeAt, type SchemaNode } from './schema.js';

const PREFIX = 'AET__';

/** `AET__lease__ttlMs=3000` sets `lease.ttlMs`. Lists and maps are JSON; what the schema calls a string is taken as it is. */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>, schema: SchemaNode): Layer {
  const entries = Object.entries(env).flatMap(([name, text]) =>
    name.startsWith(PREFIX) && text !== undefined ? [{ source: name, path: name.slice(PREFIX.length).split('__'), text }] : [],
  );
  return textLayer('environment', entries, schema);
}

/** `--set lease.ttlMs=3000` and its like: dotted keys with text values. */
export const flagsLayer = (flags: Readonly<Record<string, string>>, schema: SchemaNode): Layer =>
  textLayer(
    'flags',
    Object.entries(flags).map(([key, text]) => ({ source: `--set ${key}`, path: key.split('.'), text })),
    schema,
  );

interface TextEntry {
  source: string;
  path: string[];
  text: string;
}

function textLayer(name: string, entries: readonly TextEntry[], schema: SchemaNode): Layer {
  const problems: ConfigProblem[] = [];
  const value: Record<string, unknown> = {};
  for (const entry of entries) {
    const node = nodeAt(schema, entry.path);
    const origin = { layer: `${name} (${entry.source})` };
    if (node === undefined || node.properties !== undefined) {
      problems.push({ key: entry.path.join('.'), message: 'is not a known key: docs/configuration.md lists them', origin });
      continue;
    }
    const parsed = parseText(entry.text, node);
    if (parsed.ok) assign(value, entry.path, parsed.value);
    else
      problems.push({
        key: entry.path.join('.'),
        message: `must be ${node.type ?? 'JSON'}, written as JSON`,
        origin,
        value: entry.text,
      });
  }
  if (problems.length > 0) throw new ConfigInvalid(problems);
  return { name, value, locate: () => ({ layer: name }) };
}

function parseText(text: string, node: SchemaNode): { ok: true; value: unknown } | { ok: false } {
  if (node.type === 'string' || node.enum !== undefined) return { ok: true, value: text };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

function assign(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) target[key] = value;
  else assign((target[key] ??= {}) as Record<string, unknown>, rest, value);
}
