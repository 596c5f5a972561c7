import { defineConfig } from 'vitest/config';

/** Tests read the libs' sources, never a stale build. Node gets these as well: 'import' or 'module' among them would give `require` an ES module. */
const conditions = ['aet-source', 'node'];
/** The parts of a fleet need their time on a busy machine; a test that means a limit says it. */
const poll = { timeout: 20_000, interval: 50 };
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Nest's injection reads the types that decorators record; the specs lie outside the projects whose tsconfig says so.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['{libs,apps}/*/src/**/*.spec.ts', 'scripts/**/*.spec.ts'],
          exclude: ['**/*.int.spec.ts', '**/node_modules/**', '**/dist/**'],
          setupFiles: ['./test/setup.ts'],
        },
      },
      {
        ...shared,
        test: {
          name: 'integration',
          include: ['{libs,apps}/*/test/**/*.int.spec.ts', 'test/{integration,dependency-rules,docs}/**/*.int.spec.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          setupFiles: ['./test/setup.ts'],
          testTimeout: 60_000,
          expect: { poll },
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.spec.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          setupFiles: ['./test/setup.ts'],
          testTimeout: 300_000,
          expect: { poll },
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.chaos.spec.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          setupFiles: ['./test/setup.ts'],
          testTimeout: 240_000,
          expect: { poll },
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
