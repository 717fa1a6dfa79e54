/**
 * Who may use xensv: where /etc/xen/xensv-password has lines of NAME:PASSWORD, only who gives one of these (HTTP's Basic: nothing of it is
 * encrypted); without the file, or with an empty one, everybody.
 */
import { readFile } from 'programs/lib/io';

const FILE: string = '/etc/xen/xensv-password';
const BASIC: string = 'Basic ';
const DIGITS: string = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Whether what a request says in `Authorization` lets it in. */
export function mayUse(authorization: string): bool {
  const text = readFile(FILE);
  const lines = text == null ? new Array<string>() : text.split('\n').filter((each) => each.trim() != '');
  if (lines.length == 0) return true;
  let isOne = false;
  // All are compared, whichever it is.
  for (let n = 0; n < lines.length; n++)
    isOne = isSame(authorization, BASIC + base64(lines[n].trim())) || isOne;
  return isOne;
}

/** In the same time wherever they differ. */
function isSame(one: string, other: string): bool {
  let difference = one.length ^ other.length;
  for (let n = 0; n < one.length && n < other.length; n++)
    difference |= one.charCodeAt(n) ^ other.charCodeAt(n);
  return difference == 0;
}

function base64(text: string): string {
  const bytes = Uint8Array.wrap(String.UTF8.encode(text));
  let encoded = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const three =
      ((<u32>bytes[at]) << 16) |
      (left > 1 ? (<u32>bytes[at + 1]) << 8 : 0) |
      (left > 2 ? <u32>bytes[at + 2] : 0);
    for (let digit = 0; digit < 4; digit++)
      encoded += digit > left ? '=' : DIGITS.charAt((three >> (18 - digit * 6)) & 63);
  }
  return encoded;
}
