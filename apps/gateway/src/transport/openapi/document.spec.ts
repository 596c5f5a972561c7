import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { GatewayModule } from '../../gateway.module.js';
import { openApiDocument } from './document.js';

const document = JSON.parse(JSON.stringify(openApiDocument('0.1.0'))) as {
  paths: Record<string, Record<string, { parameters?: { name: string; in: string; required: boolean; schema: unknown }[] }>>;
  components: { schemas: Record<string, { required?: string[]; properties?: object }> };
};

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(document));
    expect(result).toMatchObject({ valid: true });
  });

  it('describes every route under /v1, and no other', () => {
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(described.toSorted()).toEqual(routesOf(GatewayModule).toSorted());
  });

  it('refers only to schemas that it has', () => {
    const wanted = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(wanted));
  });

  it('takes parameters and bodies from the request classes', () => {
    const parameters = document.paths['/v1/runs']?.['get']?.parameters;
    expect(parameters?.map((p) => p.name)).toEqual(
      'status workflow text priority lane cell submittedBy parent schedule since before counts limit cursor'.split(' '),
    );
    expect(parameters?.find((p) => p.name === 'limit')?.schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 500 });
    expect(document.paths['/v1/runs/{runId}/events']?.['get']?.parameters?.map((p) => [p.name, p.in, p.required])).toEqual([
      ['runId', 'path', true],
      ['after', 'query', false],
      ['Last-Event-ID', 'header', undefined],
    ]);
    expect(Object.keys(document.components.schemas['SubmitRun']?.properties ?? {})).toContain('idempotencyKey');
  });
});

const METHODS = ['get', 'post', 'put', 'delete'];

/** What Nest recorded of the module's controllers. */
function routesOf(module: object): string[] {
  const controllers = Reflect.getMetadata('controllers', module) as (new () => object)[];
  return controllers.flatMap((controller) => {
    const prefix = Reflect.getMetadata('path', controller) as string;
    return Object.getOwnPropertyNames(controller.prototype).flatMap((name) => {
      if (name === 'constructor') return [];
      const handler = (controller.prototype as Record<string, object>)[name] ?? {};
      const path = Reflect.getMetadata('path', handler) as string | undefined;
      const route = `/${prefix}/${path ?? ''}`.replaceAll(/\/+/g, '/').replace(/(?<=.)\/$/, '');
      const method = METHODS[Reflect.getMetadata('method', handler) as number] ?? '?';
      return path !== undefined && route.startsWith('/v1') ? [`${method} ${route}`] : [];
    });
  });
}
