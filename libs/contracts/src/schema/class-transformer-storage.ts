import { createRequire } from 'node:module';

interface TypeMetadata {
  /** The type that TypeScript recorded of the property. */
  reflectedType: unknown;
  typeFunction: ((options?: unknown) => unknown) | undefined;
  options: { discriminator?: unknown } | undefined;
}

/** Of its ways, that from JSON to instances. */
export const PLAIN_TO_CLASS = 0;
type Way = typeof PLAIN_TO_CLASS;

interface Storage {
  findTypeMetadata(target: object, property: string): TypeMetadata | undefined;
  findTransformMetadatas(target: object, property: string, way: Way): unknown[];
  getExposedProperties(target: object, way: Way): string[];
  getExcludedProperties(target: object, way: Way): string[];
  getStrategy(target: object): 'none' | 'exposeAll' | 'excludeAll';
}

/** What class-transformer keeps of `@Type`, `@Expose`, `@Exclude` and `@Transform`. It exports that in this file only, and without types. */
export const { defaultMetadataStorage } = createRequire(import.meta.url)('class-transformer/cjs/storage.js') as {
  defaultMetadataStorage: Storage;
};
