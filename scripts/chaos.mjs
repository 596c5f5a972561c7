// `npm run chaos -- --kind KIND|all --runs N --seed S`: rounds of work under faults, on a real cell. `--help` says more.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, root } from './prepare.mjs';

await prepare();
const { chaos } = await import(pathToFileURL(join(root, 'test/chaos/command.ts')).href);
process.exitCode = await chaos(process.argv.slice(2));
