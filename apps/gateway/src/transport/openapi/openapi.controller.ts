import { ServiceIdentity } from '@aet/service-kit';
import { Controller, Get, Header } from '@nestjs/common';
import { openApiDocument } from './document.js';
import type { Schema } from './schema-parts.js';

/** The description of the API. Open: it says nothing about what runs here. */
@Controller()
export class OpenApiController {
  private document: Schema | undefined;

  constructor(private readonly identity: ServiceIdentity) {}

  @Get('openapi.json')
  @Header('cache-control', 'no-cache')
  describe(): Schema {
    this.document ??= openApiDocument(this.identity.version);
    return this.document;
  }
}
