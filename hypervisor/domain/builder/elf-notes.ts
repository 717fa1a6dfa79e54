/** The notes of an ELF image (System V ABI, chapter 5): name size, descriptor size, type, then name and descriptor, padded to 4. */
import type { Elf } from './elf.ts';
import { ImageError } from './image-error.ts';

/** An image with more notes than this is not a kernel's. */
const MAX_NOTES = 65_536;

export interface ElfNote {
  readonly name: string;
  readonly type: number;
  /** Its descriptor, as a range of the file that is to be checked before it is read. */
  readonly offset: number;
  readonly size: number;
}

/** The notes in one range of the file. Throws ImageError where they are not inside it. */
export function notesIn({ image }: Elf, offset: number, size: number): ElfNote[] {
  const found: ElfNote[] = [];
  const end = offset + size;
  image.require('an ELF note segment', offset, size);
  for (let at = offset, count = 0; at + 12 <= end; count++) {
    if (count === MAX_NOTES) throw new ImageError('corrupt', 'too many ELF notes');
    const nameSize = image.u32('an ELF note', at);
    const valueSize = image.u32('an ELF note', at + 4);
    const type = image.u32('an ELF note', at + 8);
    const valueAt = at + 12 + Math.ceil(nameSize / 4) * 4;
    const name = image.text('an ELF note', at + 12, at + 12 + nameSize);
    found.push({ name, type, offset: valueAt, size: valueSize });
    at = valueAt + Math.ceil(valueSize / 4) * 4;
  }
  return found;
}
