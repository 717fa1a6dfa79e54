/** Linux's error numbers, as 9P2000.L carries them. */
export const OK = 0;
export const EPERM = 1;
export const ENOENT = 2;
export const EBADF = 9;
export const EEXIST = 17;
export const ENOTDIR = 20;
export const EISDIR = 21;
export const EINVAL = 22;
export const ENOSPC = 28;
export const EMFILE = 24;
export const ENAMETOOLONG = 36;
export const ENOTEMPTY = 39;
export const EMSGSIZE = 90;
export const EOPNOTSUPP = 95;
