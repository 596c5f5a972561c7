import { describe, expect, it } from 'vitest';
import type { Field } from './act.js';
import { readFields } from './field-values.js';

const fields: Field[] = [
  { name: 'name', label: 'Name', kind: 'line', required: true },
  { name: 'payload', label: 'Payload', kind: 'json' },
  { name: 'sequence', label: 'After event', kind: 'number' },
];
const read = (typed: Record<string, string>) => readFields(fields, (name) => typed[name] ?? '');

describe('what was typed', () => {
  it('becomes values; empty fields are left out', () => {
    expect(read({ name: ' go ', payload: '{"n": 1}', sequence: '7' })).toEqual({
      values: { name: 'go', payload: { n: 1 }, sequence: 7 },
    });
    expect(read({ name: 'go' })).toEqual({ values: { name: 'go' } });
  });

  it('is refused by the field that cannot be read', () => {
    expect(read({})).toEqual({ problem: { field: 'name', text: 'Name is needed' } });
    expect(read({ name: 'go', payload: '{' })).toMatchObject({ problem: { field: 'payload' } });
    expect(read({ name: 'go', sequence: 'x' })).toMatchObject({ problem: { field: 'sequence' } });
  });
});
