import type { ValidationArguments } from 'class-validator';
import type { DtoClass } from '../rpc/method.js';
import type { PropertyRules, Rule } from './class-rules.js';
import type { CompiledClass } from './compiled-class.js';
import { isHarmlessJson } from './json-depth.js';
import { type Shortcut, shortcutOf } from './quick-rule.js';

/** Not sure, or no. */
export const REFUSED = Symbol('refused');

/** How the class of a nested value is found. */
export type FindClass = (dto: DtoClass<object>) => CompiledClass<object> | undefined;

interface CompiledRule {
  rule: Rule;
  shortcut: Shortcut | undefined;
}

/** One property of a class: how its value is made from JSON, and whether it keeps its rules. */
export class CompiledProperty {
  readonly name: string;
  private readonly rules: readonly CompiledRule[];
  private nested: CompiledClass<object> | undefined;

  constructor(
    private readonly property: PropertyRules,
    private readonly targetName: string,
    private readonly find: FindClass,
  ) {
    this.name = property.name;
    this.rules = property.rules.map((rule) => ({ rule, shortcut: shortcutOf(rule) }));
  }

  /** The value as class-transformer makes it, or `REFUSED`. @param depth so many levels may follow */
  make(value: unknown, depth: number): unknown {
    // What is plain JSON stays as it is: class-transformer copies it.
    if (this.property.type === undefined) return isHarmlessJson(value, depth) ? value : REFUSED;
    return this.makeTyped(value, depth);
  }

  /** Whether class-validator accepts the value, for sure. */
  accepts(object: object, value: unknown): boolean {
    for (const condition of this.property.conditions) if (!condition(object, value)) return true;
    return this.keepsRules(object, value) && (!this.property.nested || this.acceptsNested(value));
  }

  private makeTyped(value: unknown, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return this.makeList(value, depth);
    const nested = this.nestedClass();
    return nested?.make(value, depth) ?? REFUSED;
  }

  private makeList(list: readonly unknown[], depth: number): unknown {
    if (depth <= 0 || this.property.type?.plainList !== true) return REFUSED;
    const made: unknown[] = [];
    for (const element of list) {
      const value = this.makeTyped(element, depth - 1);
      if (value === REFUSED) return REFUSED;
      made.push(value);
    }
    return made;
  }

  private nestedClass(): CompiledClass<object> | undefined {
    if (this.nested !== undefined) return this.nested;
    const dto = this.property.type?.of();
    this.nested = dto === undefined ? undefined : this.find(dto);
    return this.nested;
  }

  private keepsRules(object: object, value: unknown): boolean {
    for (const { rule, shortcut } of this.rules) {
      if (rule.each && Array.isArray(value)) {
        if (shortcut !== undefined && value.every(shortcut)) continue;
      } else if (shortcut?.(value) === true) continue;
      if (!this.keepsRule(rule, object, value)) return false;
    }
    return true;
  }

  /** As class-validator asks it. */
  private keepsRule(rule: Rule, object: object, value: unknown): boolean {
    if (rule.validateIf?.(object, value) === false) return true;
    const args = this.argsOf(rule, object, value);
    if (!rule.each || !Array.isArray(value)) return rule.validate(value, args) === true;
    return value.every((element) => rule.validate(element, args) === true);
  }

  /** An element that is absent cannot be: JSON has none. */
  private acceptsNested(value: unknown): boolean {
    if (value === undefined) return true;
    if (typeof value !== 'object' || value === null) return false;
    if (Array.isArray(value)) return value.every((element) => this.acceptsNested(element));
    return this.nestedClass()?.accepts(value) ?? false;
  }

  private argsOf({ constraints }: Rule, object: object, value: unknown): ValidationArguments {
    return { targetName: this.targetName, property: this.name, object, value, constraints: constraints as unknown[] };
  }
}
