/** A kernel on v86, with or without its translator: a multiboot image on a bare PC that talks through the first serial port. */
import { fileURLToPath } from 'node:url';
import { V86 } from 'v86';
import type { Measurement } from './measurement.ts';

const WASM = fileURLToPath(new URL('v86.wasm', import.meta.resolve('v86')));
const CHECKSUM_BYTES = 4;

/** Runs a 32-bit kernel between the byte that says "started" and the last one of its checksum. */
export async function runV86(image: Uint8Array, translated: boolean): Promise<Measurement> {
  const machine = new V86({
    wasm_path: WASM,
    memory_size: 64 << 20,
    disable_jit: !translated,
    multiboot: { buffer: image.slice().buffer },
    autostart: true,
    log_level: 0,
  });
  const measurement = await new Promise<Measurement>((resolve) => {
    const bytes: number[] = [];
    let start = 0n;
    let before = 0;
    machine.add_listener('serial0-output-byte', (byte) => {
      if (start === 0n) {
        before = machine.get_instruction_counter();
        start = process.hrtime.bigint();
        return;
      }
      if (bytes.push(byte) < CHECKSUM_BYTES) return;
      resolve({
        checksum: new DataView(Uint8Array.from(bytes).buffer).getUint32(0, true),
        instructions: (machine.get_instruction_counter() - before) >>> 0,
        milliseconds: Number(process.hrtime.bigint() - start) / 1e6,
      });
    });
  });
  await machine.destroy();
  return measurement;
}
