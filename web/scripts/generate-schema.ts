//! Writes `src/lib/api/schema.ts` from `docs/reference/openapi.json`. With `--check` it only compares, and
//! fails when the committed file is stale.

import { readFileSync, writeFileSync } from 'node:fs';

import openapiTS, { astToString } from 'openapi-typescript';

const source = new URL('../../docs/reference/openapi.json', import.meta.url);
const target = new URL('../src/lib/api/schema.ts', import.meta.url);

const header = '// Generated from docs/reference/openapi.json by `npm run schema`. Do not edit.\n\n';
const nodes = await openapiTS(source, { rootTypes: true, rootTypesNoSchemaPrefix: true, alphabetize: true });
const schema = header + astToString(nodes);

if (!process.argv.includes('--check')) {
  writeFileSync(target, schema);
} else if (readFileSync(target, 'utf8') !== schema) {
  console.error('src/lib/api/schema.ts is stale: run `npm run schema` and commit the result');
  process.exitCode = 1;
}
