import tseslint from 'typescript-eslint';

/**
 * The arrows of the house: core <- devices <- hypervisor <- ui/lab <- {ui/api, ui/cli, ui/web}; what a room must not import, as
 * the path from the repository's root. `guests/` knows the ABI and the assembler alone.
 */
const forbidden = {
  core: ['devices/', 'hypervisor/', 'guests/', 'ui/'],
  devices: ['hypervisor/', 'guests/', 'ui/'],
  hypervisor: ['guests/', 'ui/'],
  guests: ['core/(?!assembler/)', 'devices/', 'hypervisor/(?!abi/)', 'ui/'],
  'ui/lab': ['(ui/)?cli/', '(ui/)?web/', '(ui/)?api/'],
  'ui/cli': ['(ui/)?web/', '(ui/)?api/'],
  'ui/web': ['(ui/)?cli/', '(ui/)?api/'],
  'ui/api': ['(ui/)?cli/', '(ui/)?web/'],
};

/** The folders of `hypervisor/`, from the bottom up: none knows of one above it (hypervisor/README.md). */
const layers =
  'abi trace console memory state grants time sched events xentrace domain debug-keys traps hypercalls run xen.ts'.split(
    ' ',
  );

/** The folders of `guests/kernel/`, in the order of guests/README.md: each knows only of those before it. */
const kernelFolders = 'xen memory events threads console traps grants store frontends pci'.split(' ');

/** What else a folder of `guests/` must not import, by the path below guests/. */
const forbiddenInGuests = {
  kernel: ['mote/', 'programs/', 'dom0/'],
  mote: ['programs/', 'dom0/'],
  programs: ['kernel/', 'dom0/', 'mote/(?!abi$|fs/ext2/format$)'],
  dom0: ['kernel/', 'mote/(?!abi$)'],
  lessons: ['mote/', 'programs/', 'dom0/'],
};

/** AssemblyScript: asc knows its types, and the rules that TypeScript's would break do not hold. */
const assemblyScript = [
  'core/wasm/**/*.ts',
  'guests/{kernel,mote,programs,dom0,lessons,toolchain/corpus,tests/kernels}/**/!(*.test).ts',
];

const notTests = ['**/*.test.ts', '**/*.test.tsx', 'guests/toolchain/proof/**', 'guests/tests/*/testing*.ts'];

/**
 * Rooms and folders, as paths from where the imports' `../` lead to, that the files of a folder must not import.
 *
 * @param {string} folder
 * @param {readonly string[]} paths
 * @param {string} where the order is written down
 * @param {string[]} ignores
 * @param {string} before what the imports begin with
 * @returns {import('eslint').Linter.Config}
 */
function mustNotKnow(folder, paths, where, ignores = notTests, before = '^(\\.\\./)+') {
  return {
    files: [`${folder}/**/*.ts`, `${folder}/**/*.tsx`],
    ignores,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `${before}(${paths.join('|')})`,
              message: `${folder}/ must not know of this: see ${where}.`,
            },
          ],
        },
      ],
    },
  };
}

/** @type {import('eslint').Linter.Config[]} */
const arrows = [
  ...Object.entries(forbidden).map(([room, rooms]) => mustNotKnow(room, rooms, '"The house" in the README')),
  // The last rule that names a file is the one that holds: a layer's has the room's in it.
  ...layers.slice(0, -1).map((layer, height) => {
    const above = layers.slice(height + 1).map((name) => (name.includes('.') ? `${name}$` : `${name}/`));
    const paths = [...forbidden.hypervisor, ...above];
    return mustNotKnow(`hypervisor/${layer}`, paths, 'the layers in hypervisor/README.md', [
      ...notTests,
      'hypervisor/**/testing.ts',
    ]);
  }),
  ...Object.entries(forbiddenInGuests).map(([folder, others]) =>
    mustNotKnow(`guests/${folder}`, others, 'guests/README.md', notTests, '^(?:(?:\\.\\./)+)?'),
  ),
  ...kernelFolders.map((folder, place) => {
    const later = kernelFolders.slice(place + 1).map((name) => `(kernel/)?${name}/`);
    const paths = [...forbiddenInGuests.kernel, ...later, '(kernel/)?(boot|start)$'];
    return mustNotKnow(`guests/kernel/${folder}`, paths, 'guests/README.md', notTests, '^(?:(?:\\.\\./)+)?');
  }),
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
  ...tseslint.configs.strict.map((config) => ({ ...config, ignores: assemblyScript })),
  {
    ignores: assemblyScript,
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
    ignores: ['core/bench/**', 'core/wasm/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'Date', message: 'Time moves only with the count of retired instructions.' },
        { name: 'performance', message: 'Time moves only with the count of retired instructions.' },
        { name: 'setTimeout', message: 'No timers below ui/.' },
      ],
    },
  },
  {
    files: ['hypervisor/**/*.ts', 'ui/**/*.ts', 'ui/**/*.tsx'],
    ignores: ['hypervisor/memory/**', '**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportDeclaration[source.value=/raw-memory/]',
          message: 'Frames that a domain can see are written by hypervisor/memory/guest-frames.ts.',
        },
      ],
    },
  },
  ...arrows,
);
