import tseslint from 'typescript-eslint';

const MONEY = '/^(amount|balance|value|fee|fees|total|principal|reward|commission|shares|price|limit[A-Z]\\w*)$/';
const money = (where) => ({
  selector: `${where}[key.name=${MONEY}] > TSTypeAnnotation > TSNumberKeyword`,
  message: 'Money is a bigint brand (Amount, Shares, Delta), never a number.',
});
const clock = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Inject a Clock: the time is an input.' },
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Inject a Clock: the time is an input.' },
];
const everywhere = [
  ...clock,
  money('TSPropertySignature'),
  money('PropertyDefinition'),
  { selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']", message: 'Use node:crypto, or a seed.' },
  {
    selector: "CallExpression[callee.name=/^(describe|it|test)$/] > MemberExpression[property.name='only']",
    message: 'A focused test hides the others.',
  },
];
const environment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'The environment is read in libs/runtime/environment.ts.',
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.bailee/', 'scripts/', '**/*.mjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 300, skipComments: false }],
      'max-lines-per-function': ['error', { max: 70 }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...everywhere, environment],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allow: ['bigint'] }],
      // Nest modules are classes without members
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // A single promise chain in an arrow function reads better than a block
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Index signatures are checked by noUncheckedIndexedAccess
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Payloads and rows are classes for their decorators only; plain objects of their shape are what is passed around
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      // `() => void work()` says that nothing comes of it
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // a branded bigint may be negated
      '@typescript-eslint/no-unsafe-unary-minus': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['libs/runtime/environment.ts', 'apps/*/main.ts', 'libs/testing/**'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere] },
  },
  { files: ['libs/kernel/clock.ts'], rules: { 'no-restricted-syntax': 'off' } },
  // what people run from a terminal speaks to it
  {
    files: ['apps/exchange/**', 'apps/localnet/main.ts', 'apps/*/main.ts', 'bench/**', '**/*main.ts', 'apps/signer/export-keystore.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.spec.ts', '**/*spec.ts', '**/*spec-support.ts', 'libs/testing/**'],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 500 }],
      'no-restricted-syntax': ['error', ...everywhere.filter((r) => !clock.includes(r))],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
