/** Builds Mote where the page finds it: guests/build/mote.elf and mote.cpio. Quick when nothing has changed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { moteImages } from './toolchain/mote-node.ts';

const { kernel, ramdisk } = await moteImages((name) => process.stderr.write(`building ${name}\n`));
put('mote.elf', kernel);
put('mote.cpio', ramdisk);

/** Writes a file that has changed: a server that watches it would reload the page. */
function put(name: string, bytes: Uint8Array): void {
  const path = new URL(`./build/${name}`, import.meta.url);
  if (!existsSync(path) || !readFileSync(path).equals(bytes)) writeFileSync(path, bytes);
}
