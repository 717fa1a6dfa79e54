/** Builds Mote where the page finds it: guests/build/mote.elf, mote.cpio, and domain 0's dom0.cpio. Quick when nothing has changed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dom0Images, moteImages } from './toolchain/mote-node.ts';

const building = (name: string): void => {
  process.stderr.write(`building ${name}\n`);
};
const { kernel, ramdisk } = await moteImages(building);
put('mote.elf', kernel);
put('mote.cpio', ramdisk);
put('dom0.cpio', (await dom0Images(building)).ramdisk);

/** Writes a file that has changed: a server that watches it would reload the page. */
function put(name: string, bytes: Uint8Array): void {
  const path = new URL(`./build/${name}`, import.meta.url);
  if (!existsSync(path) || !readFileSync(path).equals(bytes)) writeFileSync(path, bytes);
}
