/** Builds the kernels with the system's C compiler: one source, a 32-bit multiboot image and a 64-bit one. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What is measured: kernels/NAME.c. */
export const KERNELS = [
  'sha256',
  'sieve',
  'quicksort',
  'fibonacci',
  'chase',
  'copy',
  'multiply',
  'spread',
] as const;
export type Kernel = (typeof KERNELS)[number];

const SOURCES = fileURLToPath(new URL('./kernels/', import.meta.url));
const OUTPUT = fileURLToPath(new URL('../build/bench/', import.meta.url));

/** The same for both. No vector code: it would be there for one side only. */
const FLAGS = [
  ...['-ffreestanding', '-nostdlib', '-static', '-fno-pic', '-no-pie', '-fno-stack-protector'],
  ...['-fno-asynchronous-unwind-tables', '-fcf-protection=none', '-fno-tree-vectorize'],
  ...['-fno-tree-loop-distribute-patterns', '-Wall', '-Wextra', '-Werror'],
  ...['-Wl,-Ttext=0x100000', '-Wl,--build-id=none', '-Wl,-z,noseparate-code'],
];
const TARGETS = {
  32: ['-m32', '-march=i686', 'start32.S'],
  64: ['-m64', 'start64.S'],
  bare64: ['-m64', '-mno-red-zone', '-Wl,-N', '-Wl,--no-warn-rwx-segments', 'start64-bare.S'],
};

/** Where the image of a kernel is, for one word size and machine. Throws with the compiler's words when there is none or it fails. */
export function buildKernel(kernel: Kernel, target: keyof typeof TARGETS, optimization = '-O2'): string {
  mkdirSync(OUTPUT, { recursive: true });
  const image = `${OUTPUT}${kernel}.${String(target)}${optimization}`;
  execFileSync('gcc', [optimization, ...FLAGS, ...TARGETS[target], `${kernel}.c`, '-o', image], {
    cwd: SOURCES,
  });
  return image;
}

/** The ELF image of a kernel. Throws as `buildKernel` does. */
export function compileKernel(kernel: Kernel, bits: 32 | 64, optimization = '-O2'): Uint8Array {
  return new Uint8Array(readFileSync(buildKernel(kernel, bits, optimization)));
}
