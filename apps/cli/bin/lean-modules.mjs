// What a command does not need is not loaded. Contracts declare how a service checks what it is sent, by decorators of class-validator: 360 files, half of
// the time that a command takes to begin. A command checks nothing of the kind: for it the decorators decorate nothing.
import { registerHooks } from 'node:module';

const PLAIN = new URL('plain-decorators.mjs', import.meta.url).href;
const REPLACED = new Set(['class-validator', 'class-transformer']);

export const loadLean = () =>
  registerHooks({
    resolve: (specifier, context, next) =>
      REPLACED.has(specifier) ? { url: PLAIN, format: 'module', shortCircuit: true } : next(specifier, context),
  });
