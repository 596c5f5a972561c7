export { prepareCell } from './prepare-cell.js';
export { startService, type TestService, type TestServiceOptions } from './start-service.js';
export { type ConfigOverrides, testConfig } from './test-config.js';
