/** Text whose characters are bytes. */

export function bytesOf(text: string): ArrayBuffer {
  const bytes = new ArrayBuffer(text.length);
  for (let n = 0; n < text.length; n++) store<u8>(changetype<usize>(bytes) + n, <u8>text.charCodeAt(n));
  return bytes;
}
