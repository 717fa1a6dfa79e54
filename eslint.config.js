import tseslint from 'typescript-eslint';

/**
 * The arrows of the house: core <- devices <- hypervisor <- ui/lab <- {ui/cli, ui/web}; what a room must not import, as
 * the path from the repository's root. `guests/` knows the ABI and the assembler alone.
 */
const forbidden = {
  core: ['devices/', 'hypervisor/', 'guests/', 'ui/'],
  devices: ['hypervisor/', 'guests/', 'ui/'],
  hypervisor: ['guests/', 'ui/'],
  guests: ['core/(?!assembler/)', 'devices/', 'hypervisor/(?!abi/)', 'ui/'],
  'ui/lab': ['(ui/)?cli/', '(ui/)?web/'],
  'ui/cli': ['(ui/)?web/'],
  'ui/web': ['(ui/)?cli/'],
};

/** @type {import('typescript-eslint').ConfigArray} */
/** @type {import('eslint').Linter.Config[]} */
const arrows = Object.entries(forbidden).map(([room, rooms]) => ({
  files: [`${room}/**/*.ts`, `${room}/**/*.tsx`],
  ignores: ['**/*.test.ts', '**/*.test.tsx', 'guests/toolchain/proof/**', 'guests/tests/*/testing*.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${rooms.join('|')})`,
            message: `${room}/ must not know of this room: see "The house" in the README.`,
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist', 'core/build', 'core/wasm', 'guests/debian/cache', 'guests/build'] },
  // AssemblyScript: asc checks it.
  { ignores: ['guests/{kernel,mote,programs,dom0,toolchain/corpus,tests/kernels}/**/!(*.test).ts'] },
  ...tseslint.configs.strict,
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'A run is a function of its inputs: use the seed.' },
      ],
    },
  },
  {
    files: ['core/**/*.ts', 'devices/**/*.ts', 'hypervisor/**/*.ts'],
    ignores: ['core/bench/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'Date', message: 'Time moves only with the count of retired instructions.' },
        { name: 'performance', message: 'Time moves only with the count of retired instructions.' },
        { name: 'setTimeout', message: 'No timers below ui/.' },
      ],
    },
  },
  ...arrows,
);
