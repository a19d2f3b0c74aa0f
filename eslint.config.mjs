// Lint rules: the recommended sets, and the house rules that a compiler does not know.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const pureFiles = ['libs/{kernel,referral,rules,clinics,workforce,people,read-models,fhir}/src/**/*.ts'];
const notPure = ['**/*.spec.ts', '**/testing/**', '**/*.module.ts', '**/*.process.ts'];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'data/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.{js,cjs,mjs}'],
    languageOptions: {
      globals: {
        module: 'writable',
        require: 'readonly',
        process: 'readonly',
        console: 'readonly',
        __dirname: 'readonly',
        setTimeout: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: pureFiles,
    ignores: notPure,
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'SwitchCase[test=null]', message: 'No default in the core: the compiler must find the forgotten case.' },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'The core is told the time.' },
        { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'The core is told the time.' },
        { selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']", message: 'The core draws no lots.' },
      ],
    },
  },
);
