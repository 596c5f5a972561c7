/** The house rules of the design: which part may know which. `test/dependency-rules/` holds a fixture that must break each of them. */
const LIBS = ['contracts', 'resilience', 'runs', 'config', 'executors', 'telemetry', 'messaging', 'persistence', 'service-kit'];
const root = process.env.AET_RULES_ROOT ?? '';
const at = (path) => `^${root}${path}`;

const order = LIBS.map((lib, index) => ({
  name: `libs-order-${lib}`,
  comment: `libs/${lib} may import only what stands before it: ${LIBS.slice(0, index).join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: at(`libs/${lib}/`) },
  to: {
    path: at('(libs|apps)/'),
    pathNot: at(`libs/(${[...(lib === 'resilience' ? [] : LIBS.slice(0, index)), lib].join('|')})/`),
  },
}));

module.exports = {
  forbidden: [
    ...order,
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one concept, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-app-imports-an-app',
      comment: 'Apps meet on the wire, through libs/contracts.',
      severity: 'error',
      from: { path: at('apps/([^/]+)/') },
      to: { path: at('apps/'), pathNot: at('apps/$1/') },
    },
    {
      name: 'two-doors-to-a-lib',
      comment: 'A lib is entered by its index or by ./testing.',
      severity: 'error',
      from: { path: at('(apps|libs)/([^/]+)/') },
      to: {
        path: at('libs/([^/]+)/(src|dist)/'),
        pathNot: [at('libs/$2/'), at('libs/[^/]+/src/index\\.ts$'), at('libs/[^/]+/src/testing/index\\.ts$')],
      },
    },
    {
      name: 'testing-only-in-tests',
      severity: 'error',
      from: { path: at('(apps|libs)/'), pathNot: ['\\.spec\\.ts$', '/test/', '/src/testing/'] },
      to: { path: at('libs/[^/]+/src/testing/') },
    },
    {
      name: 'nats-only-in-messaging',
      severity: 'error',
      from: { path: at('(apps|libs)/'), pathNot: [at('libs/messaging/'), '/test/'] },
      to: { path: 'node_modules/@nats-io/' },
    },
    {
      name: 'database-only-in-persistence-and-adapters',
      severity: 'error',
      from: { path: at('(apps|libs)/'), pathNot: [at('libs/persistence/'), '/adapters/', '/test/'] },
      to: { path: 'node_modules/(pg|typeorm)/' },
    },
    {
      name: 'domain-and-application-are-pure',
      comment: 'No framework and no I/O where the rules of the business stand.',
      severity: 'error',
      from: {
        path: [at('apps/[^/]+/src/(domain|application)/'), at('libs/runs/src/'), at('libs/executors/src/domain/')],
        pathNot: '\\.spec\\.ts$',
      },
      to: {
        path: ['node_modules/(@nestjs|@nats-io|pg|typeorm)(/|$)', '^(node:)?(fs|fs/promises|child_process|net|http|https)$'],
      },
    },
    {
      name: 'domain-knows-only-domain',
      severity: 'error',
      from: { path: at('apps/([^/]+)/src/domain/') },
      to: { path: at('apps/$1/src/(application|transport|adapters)/') },
    },
    {
      name: 'application-knows-no-edge',
      severity: 'error',
      from: { path: at('apps/([^/]+)/src/application/'), pathNot: '\\.spec\\.ts$' },
      to: { path: at('apps/$1/src/(transport|adapters)/') },
    },
    {
      name: 'transport-and-adapters-are-strangers',
      comment: 'Only the module file sees both edges.',
      severity: 'error',
      from: { path: at('apps/([^/]+)/src/transport/'), pathNot: '\\.spec\\.ts$' },
      to: { path: at('apps/$1/src/adapters/') },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared',
      comment: "Every import from npm stands in the package's own package.json.",
      severity: 'error',
      from: { path: at('(apps|libs)/[^/]+/src/'), pathNot: ['\\.spec\\.ts$', '/src/testing/'] },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'], pathNot: '^(apps|libs)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['(^|/)dist/', '/fixtures/', '^apps/console/'].filter((p) => root === '' || p !== '/fixtures/') },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['aet-source', 'import', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};
