/**
 * From the compiler's code to wasm: Binaryen's passes in an order of our own, and the module written.
 *
 * The compiler's own list for -O3 runs whole pipelines inside some of its 110 passes, on an interpreter's loop of 200 KB: most
 * of the time of a build, for code that is no faster.
 */
import type { Transform } from 'assemblyscript/asc';
import { calledFunctions, extractOperations } from './translator/extract.ts';

const PASSES = [
  ...['remove-unused-module-elements', 'duplicate-function-elimination', 'simplify-globals'],
  ...[
    'precompute',
    'remove-unused-brs',
    'remove-unused-names',
    'vacuum',
    'inlining',
    'simplify-globals',
    'dae',
  ],
  ...['remove-unused-module-elements', 'code-folding', 'ssa-nomerge'],
  ...['simplify-locals-nostructure', 'vacuum', 'precompute-propagate', 'optimize-instructions', 'dce'],
  ...['remove-unused-brs', 'remove-unused-names', 'merge-blocks', 'pick-load-signs'],
  ...['local-cse', 'simplify-locals', 'vacuum', 'dae', 'inlining', 'precompute-propagate'],
  ...['simplify-locals-notee-nostructure', 'vacuum', 'remove-unused-module-elements', 'local-cse'],
  ...['reorder-locals', 'coalesce-locals', 'simplify-locals', 'coalesce-locals', 'vacuum', 'rse'],
  ...['remove-unused-brs', 'remove-unused-names', 'merge-blocks', 'optimize-instructions'],
  ...[
    'simplify-globals',
    'code-folding',
    'precompute',
    'simplify-locals',
    'coalesce-locals',
    'reorder-locals',
  ],
  ...['remove-unused-brs', 'merge-blocks', 'optimize-instructions', 'vacuum', 'reorder-globals'],
  ...[
    'reorder-functions',
    'duplicate-function-elimination',
    'memory-packing',
    'remove-unused-module-elements',
  ],
];

/** For the operations that the translator reads (translator/extract.ts): what makes them short, and leaves calls as they are. */
const PASSES_FOR_TRANSLATION = [
  ...[
    'precompute',
    'remove-unused-brs',
    'remove-unused-names',
    'vacuum',
    'simplify-locals-nostructure',
    'vacuum',
  ],
  ...[
    'optimize-instructions',
    'precompute',
    'merge-blocks',
    'remove-unused-brs',
    'remove-unused-names',
    'vacuum',
  ],
  ...['reorder-locals'],
];

/** As the compiler sets them for -O3: its library reads the level, too. */
const OPTIMIZE_LEVEL = 3;
const ALWAYS_INLINE_MAX_SIZE = 12;
const FLEXIBLE_INLINE_MAX_SIZE = 70;
const ONE_CALLER_INLINE_MAX_SIZE = 200;

/** As much as is used here of the compiler's own Binaryen: settings that hold for all modules. */
interface Binaryen {
  readBinary(wasm: Uint8Array): BinaryenModule & { dispose(): void };
  clearPassArguments(): void;
  setOptimizeLevel(level: number): void;
  setShrinkLevel(level: number): void;
  setDebugInfo(on: boolean): void;
  setFastMath(on: boolean): void;
  setZeroFilledMemory(on: boolean): void;
  setGenerateStackIR(on: boolean): void;
  setOptimizeStackIR(on: boolean): void;
  setAlwaysInlineMaxSize(size: number): void;
  setFlexibleInlineMaxSize(size: number): void;
  setOneCallerInlineMaxSize(size: number): void;
  setAllowInliningFunctionsWithLoops(on: boolean): void;
}
interface BinaryenModule {
  runPasses(passes: readonly string[]): void;
  emitBinary(): Uint8Array;
  getFeatures(): number;
  setFeatures(features: number): void;
  removeExport(name: string): void;
  addFunctionExport(internal: string, external: string): void;
}

/**
 * A transform for the compiler, to be run with --noEmit and no level: it optimizes, and hands over the wasm file and what the
 * translator must know of it.
 */
export function optimizer(emit: (wasm: Uint8Array, operations: Uint8Array) => void): Transform {
  // The compiler makes it, and has given its prototype the fields that it declares.
  class Optimizer {
    declare readonly program: { readonly options: { optimizeLevelHint: number } };
    declare readonly binaryen: Binaryen;

    afterParse(): void {
      this.program.options.optimizeLevelHint = OPTIMIZE_LEVEL;
    }

    afterCompile(module: BinaryenModule): void {
      configure(this.binaryen);
      const operations = this.operationsOf(module);
      for (const pass of PASSES) module.runPasses([pass]);
      emit(module.emitBinary(), operations);
    }

    /** Takes the operations' functions out of the module; those that they call become exports. */
    private operationsOf(module: BinaryenModule): Uint8Array {
      this.binaryen.setDebugInfo(true);
      const copy = this.binaryen.readBinary(module.emitBinary());
      copy.setFeatures(module.getFeatures());
      copy.runPasses(PASSES_FOR_TRANSLATION);
      const named = copy.emitBinary();
      copy.dispose();
      this.binaryen.setDebugInfo(false);
      for (const [name, internal] of calledFunctions(named)) module.addFunctionExport(internal, name);
      const { section, exports } = extractOperations(named);
      for (const name of exports) module.removeExport(name);
      return section;
    }
  }
  return Optimizer as unknown as Transform;
}

function configure(binaryen: Binaryen): void {
  binaryen.clearPassArguments();
  binaryen.setOptimizeLevel(OPTIMIZE_LEVEL);
  binaryen.setShrinkLevel(0);
  binaryen.setDebugInfo(false);
  // It keeps NaNs as they are no more than x86 does: the core canonicalises them itself.
  binaryen.setFastMath(true);
  binaryen.setZeroFilledMemory(true);
  binaryen.setGenerateStackIR(true);
  binaryen.setOptimizeStackIR(true);
  binaryen.setAlwaysInlineMaxSize(ALWAYS_INLINE_MAX_SIZE);
  binaryen.setFlexibleInlineMaxSize(FLEXIBLE_INLINE_MAX_SIZE);
  binaryen.setOneCallerInlineMaxSize(ONE_CALLER_INLINE_MAX_SIZE);
  binaryen.setAllowInliningFunctionsWithLoops(true);
}
