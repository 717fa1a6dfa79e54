/** Errors as the store's messages have them: by name (xs_wire.h, xsd_errors). */
import * as xen from 'xen';

const NAMES: StaticArray<string> = [
  'EINVAL',
  'EACCES',
  'EEXIST',
  'EISDIR',
  'ENOENT',
  'ENOMEM',
  'ENOSPC',
  'EIO',
  'ENOTEMPTY',
  'ENOSYS',
  'EROFS',
  'EBUSY',
  'EAGAIN',
  'EISCONN',
  'E2BIG',
  'EPERM',
];
const NUMBERS: StaticArray<i32> = [
  xen.EINVAL,
  xen.EACCES,
  xen.EEXIST,
  xen.EISDIR,
  xen.ENOENT,
  xen.ENOMEM,
  xen.ENOSPC,
  xen.EIO,
  xen.ENOTEMPTY,
  xen.ENOSYS,
  xen.EROFS,
  xen.EBUSY,
  xen.EAGAIN,
  xen.EISCONN,
  xen.E2BIG,
  xen.EPERM,
];

/** The name of a negative errno. */
export function nameOfError(failed: i32): string {
  const at = NUMBERS.indexOf(-failed);
  return at < 0 ? 'EINVAL' : NAMES[at];
}

/** The negative errno of a name. */
export function errorOfName(name: string): i32 {
  const at = NAMES.indexOf(name);
  return at < 0 ? -xen.EIO : -NUMBERS[at];
}
