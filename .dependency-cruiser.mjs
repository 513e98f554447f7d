/** The layers of the house. What is not allowed here is a defect, however convenient. test/architecture proves that these rules bite. */
const room = '(reception|compliance|custody|signer|staking|rewards)';

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'room-imports-room',
      comment: 'Rooms speak through libs/messages and libs/delivery only.',
      severity: 'error',
      from: { path: `^apps/${room}/` },
      to: { path: `^apps/${room}/`, pathNot: '^apps/$1/' },
    },
    {
      name: 'nothing-imports-localnet',
      severity: 'error',
      from: { path: '^(libs|apps/(?!localnet/|exchange/))' },
      to: { path: '^apps/localnet/' },
    },
    {
      name: 'exchange-imports-only-doors-of-rooms',
      comment: 'The exchange opens rooms by their room.ts and seeds them by their seed.ts.',
      severity: 'error',
      from: { path: '^apps/exchange/' },
      to: { path: `^apps/(${room}|localnet)/`, pathNot: `^apps/(${room}|localnet)/(room|seed|index)\\.ts$` },
    },
    { name: 'foundations-never-import-rooms', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'kernel-imports-nothing',
      severity: 'error',
      from: { path: '^libs/kernel/', pathNot: 'spec\\.ts$' },
      to: { path: '.*', pathNot: ['^libs/kernel/', '^(node:)?crypto$'] },
    },
    {
      name: 'domain-is-pure',
      comment: 'A file without a role suffix in a feature folder holds types and decisions: kernel, messages and chart types only.',
      severity: 'error',
      from: { path: `^apps/${room}/[^/]+/[a-z0-9-]+\\.ts$` },
      to: { dependencyTypes: ['npm', 'npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'store-never-imports-service',
      severity: 'error',
      from: { path: '\\.(store|entity)\\.ts$' },
      to: { path: '\\.(service|controller|processor|schedule)\\.ts$' },
    },
    {
      name: 'service-never-imports-door',
      severity: 'error',
      from: { path: '\\.service\\.ts$' },
      to: { path: '\\.(controller|processor)\\.ts$' },
    },
    {
      name: 'testing-in-specs-only',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/testing/', 'spec\\.ts$', 'spec-support\\.ts$'] },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'spec-imported',
      severity: 'error',
      from: { pathNot: ['spec\\.ts$', 'spec-support\\.ts$', '^test/'] },
      to: { path: '(spec|spec-support)\\.ts$' },
    },
    {
      name: 'foundation-by-its-door',
      comment: 'libs are used through their index.',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: '^libs/[^/]+/.+', pathNot: ['^libs/[^/]+/index\\.ts$', '^libs/(chains/[a-z-]+|ledger/verify)/index\\.ts$'] },
    },
    {
      name: 'not-to-dev-dep',
      severity: 'error',
      from: { path: '^(apps|libs|migrations)/', pathNot: ['spec\\.ts$', 'spec-support\\.ts$', '^libs/testing/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['house:source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
