import { Ingest, KmRpc, OrchestratorRpc, SubmitRun, ValidationFailed, type DtoClass } from '@aet/contracts';
import { plainToInstance } from 'class-transformer';
import { IsEmail, type ValidationError, validateSync } from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { readRequest } from './read-request.js';

// Many random cases, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

class Letter {
  @IsEmail()
  to!: string;
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const refusalOf = (payload: Uint8Array, dto: DtoClass<object>): ValidationFailed | undefined => {
  try {
    readRequest(payload, dto);
    return undefined;
  } catch (error) {
    if (error instanceof ValidationFailed) return error;
    throw error;
  }
};

/** Path and rule of each violation, by class-validator alone. */
function violationsByItself(value: object, dto: DtoClass<object>): string[] {
  const flat = (errors: readonly ValidationError[], parent: string): string[] =>
    errors.flatMap(({ property, constraints = {}, children = [] }) => [
      ...Object.entries(constraints).map(([rule, message]) => `${parent}${property} ${rule} ${message}`),
      ...flat(children, `${parent}${property}.`),
    ]);
  const strict = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false };
  return flat(validateSync(plainToInstance(dto, value), strict), '');
}

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom('p', 'high', [{ path: 'a', content: 'b' }], [{ path: 1 }]),
);

const CLASSES: DtoClass<object>[] = [SubmitRun, Ingest, KmRpc.search.request, OrchestratorRpc.attempt.request];

describe.each(CLASSES.map((dto) => ({ name: dto.name, dto })))('a request of the class $name', ({ dto }) => {
  const names = [
    'project',
    'documents',
    'removed',
    'query',
    'limit',
    'runId',
    'step',
    'attempt',
    'workflow',
    'inputs',
    'priority',
    'more',
  ];
  const request = fc.record(Object.fromEntries(names.map((name) => [name, anything])), { requiredKeys: [] });

  it("is refused with class-validator's own violations, and with no others", () => {
    fc.assert(
      fc.property(request, (value) => {
        const parsed = JSON.parse(JSON.stringify(value)) as object;
        const found = refusalOf(bytes(JSON.stringify(value)), dto)?.violations ?? [];
        expect(found.map(({ path, rule, message }) => `${path} ${rule} ${message}`)).toEqual(violationsByItself(parsed, dto));
      }),
    );
  });

  it('is an instance of it or refused, whatever arrives', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), (payload) => {
        expect(refusalOf(payload, dto) ?? readRequest(payload, dto)).toBeInstanceOf(
          refusalOf(payload, dto) ? ValidationFailed : dto,
        );
      }),
    );
  });
});

describe('a payload', () => {
  const ruleOf = (payload: Uint8Array, dto: DtoClass<object>): string | undefined => refusalOf(payload, dto)?.violations[0]?.rule;
  const deep = (depth: number): string => `{"inputs":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;

  it('may be empty, and may begin with a byte order mark', () => {
    expect(readRequest(new Uint8Array(), SubmitRun)).toBeInstanceOf(SubmitRun);
    expect(readRequest(bytes('\uFEFF{"workflow":"a"}'), SubmitRun)).toMatchObject({ workflow: 'a' });
  });

  it('is nested up to 64 levels and no deeper', () => {
    expect(readRequest(bytes(deep(63)), SubmitRun)).toBeInstanceOf(SubmitRun);
    expect(ruleOf(bytes(deep(64)), SubmitRun)).toBe('depth');
    expect(ruleOf(bytes(deep(200_000)), SubmitRun)).toBe('depth');
  });

  it('is refused where class-transformer or a rule would throw', () => {
    expect(ruleOf(bytes('{"inputs":{"constructor":1}}'), SubmitRun)).toBe('unreadable');
    expect(ruleOf(bytes('{"to":"\\ud800"}'), Letter)).toBe('unreadable');
  });

  it('cannot reach a prototype', () => {
    readRequest(bytes('{"workflow":"a","inputs":{"__proto__":{"admin":true}},"__proto__":{"admin":true}}'), SubmitRun);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect((new SubmitRun() as { admin?: boolean }).admin).toBeUndefined();
  });
});
