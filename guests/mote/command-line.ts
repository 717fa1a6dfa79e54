/** Words of the kernel's command line: `root=/dev/xvda ro hostname=A`. */
import { commandLine } from 'kernel/xen/start-info';
import { alloc } from 'kernel/memory/heap';

const BLANK: u8 = 32;

/** Where a word of the command line that begins so goes on; 0: there is none. `whole`: there must be nothing more of it. */
export function findWord(start: string, whole: bool): usize {
  let at = commandLine();
  while (load<u8>(at) != 0) {
    let index = 0;
    while (index < start.length && load<u8>(at + index) == <u8>start.charCodeAt(index)) index++;
    const next = load<u8>(at + index);
    if (index == start.length && (!whole || next == 0 || next == BLANK)) return at + index;
    while (load<u8>(at) != BLANK && load<u8>(at) != 0) at++;
    while (load<u8>(at) == BLANK) at++;
  }
  return 0;
}

/** The rest of a word, NUL-terminated, on the heap. */
export function wordAt(at: usize): usize {
  let bytes: usize = 0;
  while (load<u8>(at + bytes) != 0 && load<u8>(at + bytes) != BLANK) bytes++;
  const word = alloc(bytes + 1);
  memory.copy(word, at, bytes);
  store<u8>(word + bytes, 0);
  return word;
}
