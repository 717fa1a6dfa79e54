/**
 * From the compiler's code to wasm: Binaryen's passes in an order of our own, and the module written.
 *
 * The compiler's own list for -O3 has 110 passes and runs whole pipelines inside some of them, most of it on code that an
 * earlier pass has left as it will stay: that is four fifths of the time a program takes to build. These give code within
 * two per cent of its size.
 */
import type { Transform } from 'assemblyscript/asc';

const PASSES = [
  ...['remove-unused-module-elements', 'duplicate-function-elimination', 'simplify-globals'],
  // What is inlined is made small first: the compiler's accessors and its library are full of it.
  ...['precompute', 'remove-unused-brs', 'remove-unused-names', 'vacuum', 'inlining', 'dae'],
  ...['simplify-locals-nostructure', 'vacuum', 'precompute-propagate', 'optimize-instructions'],
  ...['remove-unused-brs', 'remove-unused-names', 'merge-blocks', 'simplify-locals', 'vacuum'],
  // Small as it is now, more of it can be inlined.
  ...['dae', 'inlining', 'precompute-propagate', 'simplify-locals-nostructure', 'vacuum'],
  ...['remove-unused-module-elements', 'local-cse', 'coalesce-locals', 'simplify-locals', 'vacuum'],
  ...[
    'remove-unused-brs',
    'remove-unused-names',
    'merge-blocks',
    'optimize-instructions',
    'simplify-globals',
  ],
  ...['merge-locals', 'coalesce-locals', 'reorder-locals', 'vacuum', 'code-folding', 'remove-unused-brs'],
  ...['merge-blocks', 'optimize-instructions', 'vacuum', 'reorder-globals', 'reorder-functions'],
  ...['duplicate-function-elimination', 'memory-packing'],
];

/** As the compiler sets them for -O3 --shrinkLevel 1: its library reads the levels, too. */
const OPTIMIZE_LEVEL = 3;
const SHRINK_LEVEL = 1;
const ALWAYS_INLINE_MAX_SIZE = 6;
const FLEXIBLE_INLINE_MAX_SIZE = 65;
const ONE_CALLER_INLINE_MAX_SIZE = 80;

/** As much as is used here of the compiler's own Binaryen: one module and settings that hold for all. */
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
  emitBinary(sourceMapUrl: string): { readonly binary: Uint8Array; readonly sourceMap: string };
}

export interface Emitted {
  readonly wasm: Uint8Array;
  /** A source map, version 3: from byte offsets of the wasm file to lines of the sources. */
  readonly sourceMap: string;
}

/** A transform for the compiler, to be run with --noEmit and no level: it optimizes, and hands over what it has written. */
export function optimizer(emit: (emitted: Emitted) => void): Transform {
  // The compiler makes it, and has given its prototype the fields that it declares.
  class Optimizer {
    declare readonly program: {
      readonly options: { optimizeLevelHint: number; shrinkLevelHint: number };
    };
    declare readonly binaryen: Binaryen;

    afterParse(): void {
      this.program.options.optimizeLevelHint = OPTIMIZE_LEVEL;
      this.program.options.shrinkLevelHint = SHRINK_LEVEL;
    }

    afterCompile(module: BinaryenModule): void {
      configure(this.binaryen);
      // One by one: all at once, the module's writer goes from pass to pass within each function, which takes longer.
      for (const pass of PASSES) module.runPasses([pass]);
      const { binary, sourceMap } = module.emitBinary('out.wasm.map');
      emit({ wasm: binary, sourceMap });
    }
  }
  return Optimizer as unknown as Transform;
}

function configure(binaryen: Binaryen): void {
  binaryen.clearPassArguments();
  binaryen.setOptimizeLevel(OPTIMIZE_LEVEL);
  binaryen.setShrinkLevel(SHRINK_LEVEL);
  binaryen.setDebugInfo(true);
  binaryen.setFastMath(true);
  binaryen.setZeroFilledMemory(false);
  binaryen.setGenerateStackIR(true);
  binaryen.setOptimizeStackIR(true);
  binaryen.setAlwaysInlineMaxSize(ALWAYS_INLINE_MAX_SIZE);
  binaryen.setFlexibleInlineMaxSize(FLEXIBLE_INLINE_MAX_SIZE);
  binaryen.setOneCallerInlineMaxSize(ONE_CALLER_INLINE_MAX_SIZE);
  binaryen.setAllowInliningFunctionsWithLoops(false);
}
