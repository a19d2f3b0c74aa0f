// Lint rules that read one file at a time: the recommended sets, and the house rules. Rules that need types are in oxlint.config.json.
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
    // Nest injects by what a decorated constructor names: those imports are values.
    languageOptions: { parserOptions: { experimentalDecorators: true, emitDecoratorMetadata: true } },
    rules: {
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
