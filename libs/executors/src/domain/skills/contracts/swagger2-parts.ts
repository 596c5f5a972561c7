import { asArray, asObject, asString, type JsonObject } from '../json.js';
import { childPointer } from './json-pointer.js';
import type { Located } from './references.js';
import { entriesOf, mediaName, type SpecParts } from './spec-parts.js';

/** `consumes` or `produces` of the operation, else of the document. */
function mediaTypes(keyword: string, operation: Located, root: JsonObject): string[] {
  const list = asArray(asObject(operation.value)[keyword] ?? root[keyword]).filter(
    (type): type is string => typeof type === 'string',
  );
  return list.length === 0 ? ['application/json'] : list.map(mediaName);
}

/** OpenAPI 2.0 (Swagger): types stand in the parameter itself, the body is a parameter, media types stand apart. */
export const swagger2: SpecParts = {
  schemasAt: ['definitions'],
  securitySchemesAt: ['securityDefinitions'],
  servers(root) {
    const place = `${asString(root['host']) ?? ''}${asString(root['basePath']) ?? ''}`;
    return place === '' ? [] : [place];
  },
  parameterSchema(at) {
    const { name: _name, in: _in, required: _required, description: _description, ...schema } = asObject(at.value);
    return {
      schema: { value: schema, pointer: at.pointer },
      serialization: `collectionFormat ${asString(schema['collectionFormat']) ?? 'csv'}`,
    };
  },
  body(operation, parameters, root, references) {
    const at = parameters.findLast((parameter) => asObject(parameter.value)['in'] === 'body');
    if (!at) return undefined;
    const schema = references.child(at, 'schema') ?? { value: true, pointer: childPointer(at.pointer, 'schema') };
    return {
      required: asObject(at.value)['required'] === true,
      pointer: at.pointer,
      media: new Map(mediaTypes('consumes', operation, root).map((type) => [type, schema])),
    };
  },
  response(at, operation, root, references) {
    const schema = references.child(at, 'schema');
    return {
      pointer: at.pointer,
      media: schema ? new Map(mediaTypes('produces', operation, root).map((type) => [type, schema])) : new Map<string, Located>(),
      headers: new Map(
        [...entriesOf(references.child(at, 'headers'), references)].map(([name, header]) => [name.toLowerCase(), header]),
      ),
    };
  },
};
