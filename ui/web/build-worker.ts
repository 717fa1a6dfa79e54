/**
 * The compiler in a thread of its own: the page stays alive while it works. What the processor's translator makes of code is told here,
 * too, for the compiler has brought Binaryen, which is most of it, and writes WebAssembly as text.
 */
import coreUrl from '../../core/build/core.wasm?url';
import { explainCode } from '../../core/translator/follow.ts';
import { PAGE_BYTES } from '../../core/machine.ts';
import { buildKernel } from '../../guests/toolchain/build.ts';
import { CompileError } from '../../guests/toolchain/compile.ts';
import type { Diagnostic } from '../../guests/toolchain/diagnostic.ts';
import { rebuildMote } from '../../guests/toolchain/mote.ts';
import type { BuildReply, BuildRequest, ExplainRequest, KernelsRequest } from './build-protocol.ts';

function post(reply: BuildReply): void {
  postMessage(reply);
}

/** Errors of the assembler and the linker name their place in front. */
const PLACED = /^([\w./-]+\.(?:ts|asm)):(\d+)(?::(\d+))?: ([^]*)$/;

function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof CompileError && error.diagnostics.length > 0) return error.diagnostics;
  const message = error instanceof Error ? error.message : String(error);
  const [, file, line, column, text] = PLACED.exec(message) ?? [];
  return [
    {
      severity: 'error',
      message: text ?? message,
      file: file ?? '',
      line: Number(line ?? 0),
      column: Number(column ?? 1),
    },
  ];
}

async function rebuild({ sources, changed, images, isDom0 }: BuildRequest): Promise<BuildReply> {
  const built = await rebuildMote(sources, changed, images, isDom0, (name, n, of) => {
    post({ type: 'building', name: `${name} (${String(n)} of ${String(of)})` });
  });
  return { type: 'built', images: built };
}

async function kernelsOf({ sources, folders }: KernelsRequest): Promise<BuildReply> {
  const kernels: Record<string, Uint8Array> = {};
  for (const folder of folders) {
    post({ type: 'building', name: folder });
    kernels[folder.slice(folder.lastIndexOf('/') + 1)] = (await buildKernel(sources, folder)).file;
  }
  return { type: 'kernels', kernels };
}

let core: Promise<WebAssembly.Module> | undefined;

async function explained({ address, page }: ExplainRequest): Promise<BuildReply> {
  // Large, and itself waits for something: who sends a message meanwhile would not be heard.
  const { default: binaryen } = await import('binaryen');
  core ??= WebAssembly.compileStreaming(fetch(coreUrl));
  const start = Math.floor(address / PAGE_BYTES) * PAGE_BYTES;
  const region = explainCode(await core, binaryen, [{ address: start, bytes: page }], address);
  return { type: 'explained', address, region: region ?? null };
}

type Request = BuildRequest | KernelsRequest | ExplainRequest;

function answer(request: Request): Promise<BuildReply> {
  if ('page' in request) return explained(request);
  return 'folders' in request ? kernelsOf(request) : rebuild(request);
}

onmessage = async ({ data }: MessageEvent<Request>): Promise<void> => {
  try {
    post(await answer(data));
  } catch (error) {
    post({ type: 'failed', diagnostics: diagnosticsOf(error) });
  }
};
