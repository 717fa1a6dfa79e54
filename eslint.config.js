import tseslint from 'typescript-eslint';

/**
 * The arrows of the house: core <- devices <- hypervisor <- ui/lab <- {ui/cli, ui/web}.
 * Each room lists the rooms it must not import from. `guests/` knows the ABI and the assembler alone.
 */
const forbidden = {
  core: ['devices', 'hypervisor', 'guests', 'ui'],
  devices: ['hypervisor', 'guests', 'ui'],
  hypervisor: ['guests', 'ui'],
  guests: ['core/!(assembler)', 'core/*.ts', 'devices', 'hypervisor/!(abi)', 'hypervisor/*.ts', 'ui'],
  'ui/lab': ['ui/cli', 'ui/web', 'cli', 'web'],
  'ui/cli': ['ui/web', 'web'],
  'ui/web': ['ui/cli', 'cli'],
};

const arrows = Object.entries(forbidden).map(([room, rooms]) => ({
  files: [`${room}/**/*.ts`, `${room}/**/*.tsx`],
  ignores: ['**/*.test.ts', '**/*.test.tsx'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${rooms.map((name) => name.replace('/!(assembler)', '/(?!assembler/)').replace('/!(abi)', '/(?!abi/)').replace('/*.ts', '/[^/]+$')).join('|')})(/|$|[^/]*$)`,
            message: `${room}/ must not know of this room (see "The house" in the README).`,
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist', 'core/build', 'core/wasm', 'guests/debian/cache'] },
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
