/**
 * Branch hints (module.ts) are WebAssembly's own, and engines take them without being asked: Chromium from 137 on, Safari 16, Firefox
 * 148. Node's engine knew them long before it did so, behind a flag.
 */
const FLAG = '--experimental-wasm-branch-hinting';
/** V8 takes them by itself from 13.7 on. */
const UNASKED = [13, 7] as const;

/** What is used of Node's `process`, where there is one. */
interface NodeProcess {
  readonly versions?: { readonly v8?: string };
  readonly getBuiltinModule?: (name: 'node:v8') => { setFlagsFromString(flags: string): void };
}

let isAsked = false;

/** Asks the engine to take branch hints, of modules that are compiled from now on. */
export function askForBranchHints(): void {
  if (isAsked) return;
  isAsked = true;
  const { process } = globalThis as { readonly process?: NodeProcess };
  const [major, minor] = (process?.versions?.v8 ?? '').split('.').map(Number);
  if (major === undefined || minor === undefined) return;
  if (major > UNASKED[0] || (major === UNASKED[0] && minor >= UNASKED[1])) return;
  process?.getBuiltinModule?.('node:v8').setFlagsFromString(FLAG);
}
