/** Names and paths as bytes. */

const DOT: u8 = 0x2e;

export function isDot(name: usize, length: i32): bool {
  return length == 1 && load<u8>(name) == DOT;
}

export function isDotDot(name: usize, length: i32): bool {
  return length == 2 && load<u8>(name) == DOT && load<u8>(name + 1) == DOT;
}

export function equal(a: usize, aLength: i32, b: usize, bLength: i32): bool {
  return aLength == bLength && memory.compare(a, b, aLength) == 0;
}

/** Whether bytes are this text, of ASCII characters alone. */
export function isText(bytes: usize, length: i32, text: string): bool {
  if (length != text.length) return false;
  for (let n = 0; n < length; n++) if (load<u8>(bytes + n) != <u8>text.charCodeAt(n)) return false;
  return true;
}

/** Length of a NUL-terminated string. */
export function lengthOf(string: usize): i32 {
  let length = 0;
  while (load<u8>(string + length) != 0) length++;
  return length;
}

/** A NUL-terminated text of ASCII characters as a string of its own, which `dispose` gives back. */
export function textAt(bytes: usize): string {
  const length = lengthOf(bytes);
  const text = changetype<string>(__new(<usize>length * 2, idof<string>()));
  for (let n = 0; n < length; n++) store<u16>(changetype<usize>(text) + n * 2, load<u8>(bytes + n));
  return text;
}

/** A text of ASCII characters as bytes with a NUL, on the heap. */
export function bytesOf(text: string): usize {
  const bytes = heap.alloc(text.length + 1);
  for (let n = 0; n < text.length; n++) store<u8>(bytes + n, <u8>text.charCodeAt(n));
  store<u8>(bytes + text.length, 0);
  return bytes;
}
