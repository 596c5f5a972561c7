export * from './run-simulator.js';
