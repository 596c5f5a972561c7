export * from './run-simulator.js';
export * from './simulate.js';
