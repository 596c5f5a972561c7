import type { DtoClass } from '../rpc/method.js';
import { PLAIN_TO_CLASS, defaultMetadataStorage } from './class-transformer-storage.js';

/** What `@Type` says of a property. */
export interface NestedType {
  /** The class of the value, or of the elements of a list. Undefined when it depends on the value. Asked late: classes may name each other. */
  of: () => DtoClass<object> | undefined;
  /** A list is made as a plain array. */
  plainList: boolean;
}

/** What class-transformer makes of these is no instance of a class of ours. */
const OWN_CONVERSIONS: ReadonlySet<unknown> = new Set([String, Number, Boolean, Date, Buffer, Map, Set, Object, Array]);

export function nestedTypeOf(dto: DtoClass<object>, property: string): NestedType | undefined {
  const metadata = defaultMetadataStorage.findTypeMetadata(dto, property);
  if (metadata === undefined) return undefined;
  const { typeFunction, reflectedType, options } = metadata;
  const dependsOnValue = typeFunction === undefined || typeFunction.length > 0 || options?.discriminator !== undefined;
  const converts = reflectedType === Map || reflectedType === Set;
  return {
    of: () => (dependsOnValue || converts ? undefined : classOf(typeFunction())),
    plainList: reflectedType === undefined || reflectedType === Array || reflectedType === Object,
  };
}

const classOf = (type: unknown): DtoClass<object> | undefined =>
  typeof type === 'function' && !OWN_CONVERSIONS.has(type) ? (type as DtoClass<object>) : undefined;

/** Whether class-transformer takes each field over under its own name and as it is, apart from its `@Type`. */
export function takesFieldsAsTheyAre(dto: DtoClass<object>, properties: readonly string[]): boolean {
  const storage = defaultMetadataStorage;
  return (
    storage.getStrategy(dto) === 'none' &&
    storage.getExposedProperties(dto, PLAIN_TO_CLASS).length === 0 &&
    storage.getExcludedProperties(dto, PLAIN_TO_CLASS).length === 0 &&
    properties.every((property) => storage.findTransformMetadatas(dto, property, PLAIN_TO_CLASS).length === 0)
  );
}
