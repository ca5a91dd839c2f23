/** The OpenAPI document of the contract, as it stands in docs/openapi.json and is served at /api/openapi.json. */
import { OpenAPIGenerator } from '@orpc/openapi';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { contract } from '../../contract/index.ts';
import { VERSION } from '../node/index.ts';

export async function openApiDocument(): Promise<object> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });
  return generator.generate(contract, {
    info: {
      title: 'Muster node',
      version: VERSION,
      description:
        'The procedures of a Muster node. Served by the console at /api behind the bearer token of the run file ' +
        '(run.json in the data folder). Bytes are base64url, hashes and ids are hex, times are Unix milliseconds.',
    },
    servers: [{ url: '/api' }],
    security: [{ bearer: [] }],
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  });
}
