import type * as ajv from 'ajv/dist/2020.js';
import { createRequire } from 'node:module';

/** The validator of JSON Schemas, loaded with the first schema: most commands and many runs need none, and it is eighty files. */
export const newValidator = (options: ajv.Options): ajv.Ajv2020 => {
  const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof ajv;
  return new Ajv2020(options);
};
