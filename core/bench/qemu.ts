/** A kernel on QEMU's translator (TCG), where `qemu-system-x86_64` is installed: the same C source, 64-bit, on a bare PC. */
import { spawn, spawnSync } from 'node:child_process';
import type { Measurement } from './measurement.ts';

const QEMU = 'qemu-system-x86_64';
const MACHINE = ['-accel', 'tcg,thread=single', '-cpu', 'qemu64', '-m', '64', '-display', 'none'];
const ALONE = ['-nodefaults', '-no-user-config', '-no-reboot', '-serial', 'stdio', '-monitor', 'none'];
const CHECKSUM_BYTES = 4;

let isThere: boolean | undefined;
/** Whether there is one. */
export function hasQemu(): boolean {
  isThere ??= spawnSync(QEMU, ['--version'], { stdio: 'ignore' }).status === 0;
  return isThere;
}

/**
 * Runs a kernel (compile.ts, `bare64`) between the byte that says "started" and the last one of its checksum. How many instructions
 * that takes is not told: `instructions` are those of whoever else has run it.
 */
export async function runQemu(image: string, instructions: number): Promise<Measurement> {
  const child = spawn(QEMU, [...MACHINE, ...ALONE, '-kernel', image], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    return await new Promise<Measurement>((resolve, reject) => {
      const bytes: number[] = [];
      let start = 0n;
      child.on('error', reject);
      child.on('exit', (code) => {
        reject(new Error(`QEMU ended (${String(code)}) before the kernel did`));
      });
      child.stdout.on('data', (data: Uint8Array) => {
        const now = process.hrtime.bigint();
        if (start === 0n && data.length > 0) start = now;
        bytes.push(...data);
        if (bytes.length <= CHECKSUM_BYTES) return;
        resolve({
          checksum: new DataView(Uint8Array.from(bytes.slice(1)).buffer).getUint32(0, true),
          instructions,
          milliseconds: Number(now - start) / 1e6,
        });
      });
    });
  } finally {
    child.kill('SIGKILL');
  }
}
