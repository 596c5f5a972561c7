import { existsSync, readFileSync } from 'node:fs';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { ConfigInvalid } from './config-problem.js';
import type { Origin } from './config-source.js';
import { isRecord, type Layer } from './layer.js';

/** Reads a YAML file as a layer; `undefined` when there is no such file. @throws {ConfigInvalid} on syntax, duplicate keys or a file that cannot be read. */
export function readFileLayer(name: string, file: string): Layer | undefined {
  if (!existsSync(file)) return undefined;
  const lines = new LineCounter();
  const document = parseDocument(readText(name, file), { lineCounter: lines, uniqueKeys: true, strict: true });
  const place = (offset: number | undefined): Origin => {
    if (offset === undefined) return { layer: name, file };
    const { line, col } = lines.linePos(offset);
    return { layer: name, file, line, column: col };
  };
  if (document.errors.length > 0) {
    throw new ConfigInvalid(
      document.errors.map((error) => ({
        key: '',
        message: (error.message.split('\n')[0] ?? '').replace(/ at line .*$/, ''),
        origin: place(error.pos[0]),
      })),
    );
  }
  const value: unknown = document.toJS() ?? {};
  if (!isRecord(value)) throw new ConfigInvalid([{ key: '', message: 'must be a map of sections', origin: place(0), value }]);
  return { name, value, locate: (path) => place(offsetOf(document, path)) };
}

function readText(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `cannot be read: ${(error as Error).message}`;
    throw new ConfigInvalid([{ key: '', message, origin: { layer: name, file } }]);
  }
}

function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly (string | number)[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}
