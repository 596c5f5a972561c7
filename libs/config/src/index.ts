export * from './aet-config.js';
export * from './config-problem.js';
export * from './config-source.js';
export { type LoadOptions, loadConfig } from './load-config.js';
export { findHome, findProject } from './locations.js';
export { schemaCheck, type SchemaViolation } from './schema.js';
export * from './secret-file.js';
