export * from './run-simulator.js';
export * from './simulate.js';
export * from './run-model.js';
export * from './run-player.js';
