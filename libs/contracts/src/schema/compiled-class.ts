import type { DtoClass } from '../rpc/method.js';
import { classRules } from './class-rules.js';
import { CompiledProperty, REFUSED } from './compiled-property.js';
import { MAX_JSON_DEPTH } from './json-depth.js';
import { takesFieldsAsTheyAre } from './nested-type.js';

const compiled = new WeakMap<DtoClass<object>, CompiledClass<object> | undefined>();

/**
 * The instance of a class that class-transformer would make of a value from `JSON.parse`, when class-validator would accept it without a
 * word (unknown fields forbidden); undefined when not, or when it takes those two to tell. It asks the same functions as they do, without
 * their bookkeeping, so that it is quick and cannot be more generous. The rules are read when a class is first used.
 */
export function quickInstance<T extends object>(value: unknown, dto: DtoClass<T>): T | undefined {
  return compiledClass(dto)?.read(value) as T | undefined;
}

function compiledClass(dto: DtoClass<object>): CompiledClass<object> | undefined {
  const known = compiled.get(dto);
  if (known !== undefined || compiled.has(dto)) return known;
  const made = compile(dto);
  compiled.set(dto, made);
  return made;
}

/** Undefined when the class has something that only class-validator or class-transformer can do. */
function compile(dto: DtoClass<object>): CompiledClass<object> | undefined {
  const rules = classRules(dto);
  const names = rules.map(({ name }) => name);
  // Names that an instance has by its class mean something else to class-transformer.
  const special = names.some((name) => name in (dto.prototype as object));
  const beyond = rules.some(({ beyond, rules: own }) => beyond || own.some(({ async }) => async));
  if (special || beyond || !takesFieldsAsTheyAre(dto, names)) return undefined;
  if (!beginsPlain(new dto(), dto, names)) return undefined;
  return new CompiledClass(
    dto,
    rules.map((rule) => new CompiledProperty(rule, dto.name, compiledClass)),
  );
}

/** Whether a fresh instance has no fields but those with rules, and in them nothing that would be checked by a class of its own. */
const beginsPlain = (fresh: object, dto: DtoClass<object>, names: readonly string[]): boolean =>
  fresh.constructor === dto &&
  Object.entries(fresh).every(([name, value]) => names.includes(name) && !['object', 'function'].includes(typeof value));

export class CompiledClass<T extends object> {
  private readonly byName: ReadonlyMap<string, CompiledProperty>;

  constructor(
    private readonly dto: DtoClass<T>,
    private readonly properties: readonly CompiledProperty[],
  ) {
    this.byName = new Map(properties.map((property) => [property.name, property]));
  }

  /** Made, then checked: a rule may look at other properties. */
  read(value: unknown): T | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    try {
      const made = this.make(value, MAX_JSON_DEPTH);
      return made !== undefined && this.accepts(made) ? made : undefined;
    } catch {
      // Some rules throw at a value that they do not expect: whoever asks for the violations meets that again.
      return undefined;
    }
  }

  /** Undefined when a field is unknown. */
  make(source: object, depth: number): T | undefined {
    if (depth <= 0) return undefined;
    const made = new this.dto() as Record<string, unknown>;
    for (const name of Object.keys(source)) {
      const property = this.byName.get(name);
      if (property === undefined) return undefined;
      const value = property.make((source as Record<string, unknown>)[name], depth - 1);
      if (value === REFUSED) return undefined;
      made[name] = value;
    }
    return made as T;
  }

  accepts(instance: object): boolean {
    for (const property of this.properties) {
      if (!property.accepts(instance, (instance as Record<string, unknown>)[property.name])) return false;
    }
    return true;
  }
}
