import { ValidationFailed } from '@aet/contracts';

/**
 * `key=value` texts as a run's inputs. A value that is JSON is taken as such (`3`, `true`, `["a"]`), any other as text;
 * in JSON's own quotes (`key="3"`) a number stays a text. @throws {ValidationFailed}
 */
export function parseInputs(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, text] = /^([A-Za-z][\w-]*)=(.*)$/s.exec(pair) ?? [];
      if (key === undefined || text === undefined) throw refused(pair);
      return [key, parseValue(text)];
    }),
  );
}

/** JSON where it can be, else text. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const refused = (pair: string): ValidationFailed =>
  new ValidationFailed(`"${pair}" is not an input: write key=value, such as --input path=.`, [
    { path: 'input', rule: 'key=value', message: `found ${JSON.stringify(pair)}` },
  ]);

/** Inputs from a JSON file's text, beneath those given one by one. @throws {ValidationFailed} */
export function mergeInputs(file: { name: string; text: string } | undefined, pairs: readonly string[]): Record<string, unknown> {
  const single = parseInputs(pairs);
  if (file === undefined) return single;
  const value = parseValue(file.text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ValidationFailed(`${file.name} must hold a JSON object with the inputs`, []);
  }
  return { ...(value as Record<string, unknown>), ...single };
}
