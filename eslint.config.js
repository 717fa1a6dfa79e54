/** AssemblyScript, which is not quite TypeScript: what no other linter reads. All else is oxlint's (.oxlintrc.json). */
import tseslint from 'typescript-eslint';

const assemblyScript = [
  'core/wasm/**/*.ts',
  'guests/{kernel,mote,programs,dom0,lessons,toolchain/corpus,tests/kernels}/**/!(*.test).ts',
];

export default tseslint.config(
  { ignores: ['dist', 'core/build', 'core/wasm/generated', 'guests/debian/cache', 'guests/build'] },
  {
    files: assemblyScript,
    plugins: { '@typescript-eslint': tseslint.plugin },
    // Decorators stand at functions and variables too.
    languageOptions: { parser: tseslint.parser, parserOptions: { allowInvalidAST: true } },
    rules: {
      // `arguments` may be a function of one's own; a loop that only takes time counts its turns.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { args: 'none', varsIgnorePattern: '^(arguments|turns)$' },
      ],
      'prefer-const': 'error',
      'no-var': 'error',
      'no-dupe-else-if': 'error',
      'no-duplicate-case': 'error',
      'no-self-assign': 'error',
      'no-unused-labels': 'error',
      'no-useless-return': 'error',
    },
  },
  {
    // What a student will need is there before he uses it.
    files: ['guests/lessons/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-vars': 'off' },
  },
);
