/**
 * From the compiler's code to wasm: Binaryen's passes in an order of our own, and the module written.
 *
 * The compiler's own list for -O3 runs whole pipelines inside some of its 110 passes, on an interpreter's loop of 200 KB: most
 * of the time of a build, for code that is no faster.
 */
import type { Transform } from 'assemblyscript/asc';

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

/** As the compiler sets them for -O3: its library reads the level, too. */
const OPTIMIZE_LEVEL = 3;
const ALWAYS_INLINE_MAX_SIZE = 12;
const FLEXIBLE_INLINE_MAX_SIZE = 70;
const ONE_CALLER_INLINE_MAX_SIZE = 200;

/** As much as is used here of the compiler's own Binaryen: settings that hold for all modules. */
interface Binaryen {
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
}

/** A transform for the compiler, to be run with --noEmit and no level: it optimizes, and hands over the wasm file. */
export function optimizer(emit: (wasm: Uint8Array) => void): Transform {
  // The compiler makes it, and has given its prototype the fields that it declares.
  class Optimizer {
    declare readonly program: { readonly options: { optimizeLevelHint: number } };
    declare readonly binaryen: Binaryen;

    afterParse(): void {
      this.program.options.optimizeLevelHint = OPTIMIZE_LEVEL;
    }

    afterCompile(module: BinaryenModule): void {
      configure(this.binaryen);
      for (const pass of PASSES) module.runPasses([pass]);
      emit(module.emitBinary());
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
