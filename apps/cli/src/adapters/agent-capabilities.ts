import { isToken } from '@aet/contracts';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/**
 * The capabilities that the definitions in these folders offer: each needs its consumers before a host can pull.
 * A file without an `aet` block offers its own name. A file that cannot be read as a definition is the host's to complain about.
 */
export function capabilitiesOf(dirs: readonly string[]): string[] {
  const found = new Map<string, string[]>();
  for (const dir of dirs) {
    for (const file of definitionsIn(dir)) {
      const definition = frontMatter(join(dir, file));
      // The first folder wins on equal names, as on the hosts.
      if (definition !== undefined && !found.has(definition.name)) found.set(definition.name, definition.capabilities);
    }
  }
  return [...new Set([...found.values()].flat())].toSorted();
}

function definitionsIn(dir: string): string[] {
  try {
    return readdirSync(dir).filter((name) => name.endsWith('.md'));
  } catch {
    return [];
  }
}

function frontMatter(file: string): { name: string; capabilities: string[] } | undefined {
  const block = /^\uFEFF?---[ \t]*\r?\n(.*?)\r?\n---/s.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  const value = readYaml(block);
  const name = value === undefined ? /^name:[ \t]*(\S+)[ \t]*$/m.exec(block)?.[1] : value.name;
  if (typeof name !== 'string' || !isToken(name)) return undefined;
  const listed = value?.aet?.capabilities;
  const capabilities = Array.isArray(listed) ? listed.filter((item) => typeof item === 'string' && isToken(item)) : [name];
  return { name, capabilities: capabilities as string[] };
}

/** Real collections hold front matter that is not quite YAML; such a file has no `aet` block, and its name can be found by eye. */
function readYaml(block: string): { name?: unknown; aet?: { capabilities?: unknown } } | undefined {
  try {
    return (parse(block) as { name?: unknown; aet?: { capabilities?: unknown } } | null) ?? {};
  } catch {
    return undefined;
  }
}
