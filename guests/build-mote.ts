/** Mote where the page finds it: guests/build/mote.elf, mote.cpio, and domain 0's dom0.cpio. Quick when nothing has changed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { allImages, type OnProgress } from './toolchain/mote-node.ts';

/** Builds and writes the images. Throws an Error that says what is wrong with the sources. */
export async function writeMote(progress?: OnProgress): Promise<void> {
  const { mote, dom0 } = await allImages(progress);
  put('mote.elf', mote.kernel);
  put('mote.cpio', mote.ramdisk);
  put('dom0.cpio', dom0.ramdisk);
}

/** Writes a file that has changed: a server that watches it would reload the page. */
function put(name: string, bytes: Uint8Array): void {
  const path = new URL(`./build/${name}`, import.meta.url);
  mkdirSync(new URL('./build/', import.meta.url), { recursive: true });
  if (!existsSync(path) || !readFileSync(path).equals(bytes)) writeFileSync(path, bytes);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeMote(({ name, done, total }) => {
    const text =
      done === 0
        ? `building Mote: ${String(total)} images`
        : `built ${String(done)} of ${String(total)}: ${name}`;
    // One line on a terminal; elsewhere one for so many.
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}${done === total ? '\n' : ''}`);
    else if (done % 10 === 0 || done === total) process.stderr.write(`${text}\n`);
  });
}
