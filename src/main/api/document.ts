/** The OpenAPI document of the contract, as it stands in docs/openapi.json and is served at /api/openapi.json. */
import {
  coalitionInfo,
  contract,
  entryDetail,
  entrySummary,
  identityState,
  machine,
  operation,
  problem,
  receipt,
  settingsShape,
  status,
  ticket,
  verdict,
  workload,
} from '../../contract/index.ts';
import { VERSION } from '../node/index.ts';

const shared = {
  CoalitionInfo: coalitionInfo,
  EntryDetail: entryDetail,
  EntrySummary: entrySummary,
  IdentityState: identityState,
  Machine: machine,
  Operation: operation,
  Problem: problem,
  Receipt: receipt,
  Settings: settingsShape,
  Status: status,
  Ticket: ticket,
  Verdict: verdict,
  Workload: workload,
};

export async function openApiDocument(): Promise<object> {
  // only who asks for the document pays for the generator
  const [{ OpenAPIGenerator }, { ZodToJsonSchemaConverter }] = await Promise.all([
    import('@orpc/openapi'),
    import('@orpc/zod/zod4'),
  ]);
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });
  return generator.generate(contract, {
    // shapes that many answers share stand once
    commonSchemas: Object.fromEntries(
      Object.entries(shared).map(([name, schema]) => [name, { strategy: 'output' as const, schema }]),
    ),
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
