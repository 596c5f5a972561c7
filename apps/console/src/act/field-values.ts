import type { Field } from './act.js';

export type Read = { values: Record<string, unknown> } | { problem: { field: string; text: string } };

/** What was typed, as values: empty fields are left out, JSON is parsed, numbers are whole ones. The first one that cannot be read is named. */
export function readFields(fields: readonly Field[], typed: (name: string) => string): Read {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const text = typed(field.name).trim();
    if (text === '') {
      if (field.required === true) return { problem: { field: field.name, text: `${field.label} is needed` } };
      continue;
    }
    if (field.kind === 'json') {
      try {
        values[field.name] = JSON.parse(text);
      } catch (error) {
        return { problem: { field: field.name, text: `${field.label} is not JSON: ${(error as Error).message}` } };
      }
    } else if (field.kind === 'number') {
      const number = Number(text);
      if (!Number.isFinite(number)) return { problem: { field: field.name, text: `${field.label} is not a number` } };
      values[field.name] = number;
    } else values[field.name] = text;
  }
  return { values };
}
