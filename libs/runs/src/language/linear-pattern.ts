import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

/** Loaded for the first pattern: it takes longer than all else of this lib, and few workflows have one. */
let engine: typeof RE2JS | undefined;
const load = (): typeof RE2JS => (createRequire(import.meta.url)('re2js') as { RE2JS: typeof RE2JS }).RE2JS;

interface LinearPattern {
  test: (text: string) => boolean;
  /** Ajv keeps one pattern for each text that this gives. */
  toString: () => string;
}

/** A regular expression that is matched in time linear in the text: RE2's syntax, without look-around and back references. @throws on any other */
export function linearPattern(pattern: string): LinearPattern {
  engine ??= load();
  const expression = engine.compile(pattern);
  return { test: (text) => expression.test(text), toString: () => pattern };
}
/** Ajv asks for how the engine is named in code that it writes to files; it writes none. */
linearPattern.code = 'linearPattern';
