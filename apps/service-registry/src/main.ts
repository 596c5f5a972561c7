import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Before anything else is loaded: it halves the time that loading takes from the second start on.
enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/aet', import.meta.url)));
const { runService } = await import('@aet/service-kit');
const { registryDefinition } = await import('./registry.definition.js');
await runService(registryDefinition);
