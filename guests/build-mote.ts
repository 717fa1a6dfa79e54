/** Builds Mote where the page finds it: guests/build/mote.elf, mote.cpio, and domain 0's dom0.cpio. Quick when nothing has changed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { allImages } from './toolchain/mote-node.ts';

const { mote, dom0 } = await allImages(({ name, done, total }) => {
  const text =
    done === 0 ? `building Mote: ${String(total)} images` : `${name}: ${String(done)} of ${String(total)}`;
  // One line on a terminal; elsewhere one for so many.
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}${done === total ? '\n' : ''}`);
  else if (done % 10 === 0 || done === total) process.stderr.write(`${text}\n`);
});
put('mote.elf', mote.kernel);
put('mote.cpio', mote.ramdisk);
put('dom0.cpio', dom0.ramdisk);

/** Writes a file that has changed: a server that watches it would reload the page. */
function put(name: string, bytes: Uint8Array): void {
  const path = new URL(`./build/${name}`, import.meta.url);
  if (!existsSync(path) || !readFileSync(path).equals(bytes)) writeFileSync(path, bytes);
}
