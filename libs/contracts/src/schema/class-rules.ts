import { type ValidationArguments, getMetadataStorage } from 'class-validator';
import type { DtoClass } from '../rpc/method.js';
import { type NestedType, nestedTypeOf } from './nested-type.js';

/** One decorator of a property. */
export interface Rule {
  /** Such as `maxLength`; empty for a custom rule without one. */
  name: string;
  /** Of the decorator: limits, lists, options. */
  constraints: readonly unknown[];
  /** Of each element, where the value is a list. */
  each: boolean;
  async: boolean;
  /** The decorator's option: the rule holds where this is false. */
  validateIf: ((object: object, value: unknown) => boolean) | undefined;
  /** class-validator's own function, or a custom one. Anything but `true` is no, or not for sure. */
  validate: (value: unknown, args: ValidationArguments) => unknown;
  /** The sentence of a refusal, with its place-holders. */
  sentence: (args: ValidationArguments) => string;
}

/** All that a class says of one property. */
export interface PropertyRules {
  name: string;
  /** `@IsOptional` and `@ValidateIf`: where one gives false, nothing else is asked. */
  conditions: ((object: object, value: unknown) => boolean)[];
  /** Absent, or null, is allowed. */
  optional: boolean;
  rules: Rule[];
  /** `@ValidateNested`: the value, or each element, is valid by its own class. */
  nested: boolean;
  /** Whether the nested decorator speaks of the elements only. */
  nestedEach: boolean;
  type: NestedType | undefined;
  /** Something here that only class-validator itself can decide. */
  beyond: boolean;
}

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** The rules of a class, its bases' included, as class-validator finds them: by property, in the order of the decorators. */
export function classRules(dto: DtoClass<object>): PropertyRules[] {
  // The last two: no groups, and not strict about them. So it is asked when a request is checked, which gives the rules of all groups.
  const all = getMetadataStorage().getTargetValidationMetadatas(dto, dto.name, false, false, undefined);
  const byProperty = new Map<string, Metadata[]>();
  for (const metadata of all) byProperty.set(metadata.propertyName, [...(byProperty.get(metadata.propertyName) ?? []), metadata]);
  return [...byProperty].map(([name, metadatas]) => propertyRules(dto, name, metadatas));
}

function propertyRules(dto: DtoClass<object>, name: string, metadatas: readonly Metadata[]): PropertyRules {
  const conditions = metadatas.filter(({ type }) => type === 'conditionalValidation');
  const nested = metadatas.filter(({ type }) => type === 'nestedValidation');
  const constrained = metadatas.filter(({ constraintCls }) => constraintCls !== undefined);
  return {
    name,
    conditions: conditions.map(({ constraints }) => constraints[0] as PropertyRules['conditions'][number]),
    optional: conditions.some((condition) => condition.name === 'isOptional'),
    rules: constrained.flatMap(rulesOf),
    nested: nested.length > 0,
    nestedEach: nested.length > 0 && nested.every(({ each }) => each),
    type: nestedTypeOf(dto, name),
    beyond: metadatas.some(({ type }) => type === 'promiseValidation'),
  };
}

function rulesOf(metadata: Metadata): Rule[] {
  return getMetadataStorage()
    .getTargetValidatorConstraints(metadata.constraintCls)
    .map(({ name, async, instance }) => ({
      name: metadata.name ?? name ?? '',
      constraints: (metadata.constraints as unknown[] | undefined) ?? [],
      each: metadata.each,
      async,
      validateIf: metadata.validateIf as Rule['validateIf'],
      validate: (value, args) => instance.validate(value, args),
      sentence: (args) => instance.defaultMessage?.(args) ?? '',
    }));
}
