export * from './backoff.js';
export * from './breaker.js';
export * from './deadline.js';
export * from './retrying.js';
