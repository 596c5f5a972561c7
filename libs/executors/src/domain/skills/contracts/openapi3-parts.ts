import { asArray, asObject, asString } from '../json.js';
import { entriesOf, mediaOf, type SpecParts } from './spec-parts.js';

/** OpenAPI 3.0 and 3.1. */
export const openApi3: SpecParts = {
  schemasAt: ['components', 'schemas'],
  securitySchemesAt: ['components', 'securitySchemes'],
  servers: (root) => asArray(root['servers']).flatMap((server) => asString(asObject(server)['url']) ?? []),
  parameterSchema(at, references) {
    const value = asObject(at.value);
    const [media] = mediaOf(references.child(at, 'content'), references).values();
    const style = asString(value['style']) ?? (value['in'] === 'query' || value['in'] === 'cookie' ? 'form' : 'simple');
    const explode = typeof value['explode'] === 'boolean' ? value['explode'] : style === 'form';
    return { schema: references.child(at, 'schema') ?? media, serialization: `style ${style}, explode ${explode}` };
  },
  body(operation, _parameters, _root, references) {
    const entry = references.child(operation, 'requestBody');
    if (!entry) return undefined;
    const at = references.resolve(entry);
    return {
      required: asObject(at.value)['required'] === true,
      pointer: at.pointer,
      media: mediaOf(references.child(at, 'content'), references),
    };
  },
  response(at, _operation, _root, references) {
    const headers = new Map(
      [...entriesOf(references.child(at, 'headers'), references)].map(([name, header]) => {
        const target = references.resolve(header);
        return [name.toLowerCase(), references.child(target, 'schema') ?? { value: true, pointer: target.pointer }] as const;
      }),
    );
    return { pointer: at.pointer, media: mediaOf(references.child(at, 'content'), references), headers };
  },
};
