/** The compiler in a thread of its own: the page stays alive while it works. */
import { CompileError } from '../../guests/toolchain/compile.ts';
import type { Diagnostic } from '../../guests/toolchain/diagnostic.ts';
import { rebuildMote } from '../../guests/toolchain/mote.ts';
import type { BuildReply, BuildRequest } from './build-protocol.ts';

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

onmessage = async ({ data }: MessageEvent<BuildRequest>): Promise<void> => {
  const { sources, changed, images, isDom0 } = data;
  try {
    const built = await rebuildMote(sources, changed, images, isDom0, (name, n, of) => {
      post({ type: 'building', name: `${name} (${String(n)} of ${String(of)})` });
    });
    post({ type: 'built', images: built });
  } catch (error) {
    post({ type: 'failed', diagnostics: diagnosticsOf(error) });
  }
};
