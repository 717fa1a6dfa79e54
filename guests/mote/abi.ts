/**
 * What programs and Mote's kernel have agreed on: numbers of system calls, flags, and the layout of what crosses.
 *
 * A call is the instruction `syscall` with the number in RAX, arguments in RDI RSI RDX R10 R8 R9; the result comes in RAX,
 * a negative errno for a failure. Numbers, flags and layouts are those of Linux on x86-64 where the meaning is the same;
 * Mote's own calls begin at 1000. Error numbers are those of the module `xen` (Xen's are Linux's); the few that Xen has
 * no use for are here.
 */
export * from './abi/calls';
export * from './abi/devices';
export * from './abi/errors';
export * from './abi/files';
export * from './abi/network';
export * from './abi/processes';
