// Writes config/schema/workflow.v1.json, for editors, from the schema in the contracts. Needs a build before; a unit test says when it must run again.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { workflowSchema } from '../libs/contracts/dist/workflow.schema.js';

const file = fileURLToPath(new URL('../config/schema/workflow.v1.json', import.meta.url));
writeFileSync(file, await format(JSON.stringify(workflowSchema), { ...(await resolveConfig(file)), parser: 'json' }));
console.log(`wrote ${file}`);
