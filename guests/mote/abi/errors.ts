/** Errors that Xen has no use for. */

export const ENOTBLK: i32 = 15;
export const ENOTTY: i32 = 25;
export const ETXTBSY: i32 = 26;
export const EFBIG: i32 = 27;
export const ESPIPE: i32 = 29;
export const EPIPE: i32 = 32;
export const ELOOP: i32 = 40;
export const EDESTADDRREQ: i32 = 89;
export const ENOPROTOOPT: i32 = 92;
export const EPROTONOSUPPORT: i32 = 93;
export const EAFNOSUPPORT: i32 = 97;
export const ENETDOWN: i32 = 100;
export const ENETUNREACH: i32 = 101;
export const ECONNABORTED: i32 = 103;
export const ECONNRESET: i32 = 104;
export const EHOSTUNREACH: i32 = 113;
export const EALREADY: i32 = 114;
export const EINPROGRESS: i32 = 115;
