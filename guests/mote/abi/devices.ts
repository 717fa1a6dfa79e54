/** What devices understand (ioctl): disks of files and of others, terminals, Xen's event channels and store. */

/** /dev/xen/evtchn: what is read are ports (u32) that were raised, and stay masked until they are written back. */
export const IOCTL_EVTCHN_BIND_VIRQ: i32 = 0x0004_4500; // (virq) -> port
export const IOCTL_EVTCHN_BIND_INTERDOMAIN: i32 = 0x0008_4501; // (domid | port << 32) -> port
export const IOCTL_EVTCHN_BIND_UNBOUND_PORT: i32 = 0x0004_4502; // (domid) -> port
export const IOCTL_EVTCHN_UNBIND: i32 = 0x0004_4503; // (port)
export const IOCTL_EVTCHN_NOTIFY: i32 = 0x0004_4504; // (port)

/** /dev/xen/xenbus_backend, in domain 0: where the kernel's own ring to the store is, and its event channel, unbound. */
export const IOCTL_XENBUS_BACKEND_EVTCHN: i32 = 0x0000_4200; // () -> port
export const IOCTL_XENBUS_BACKEND_MFN: i32 = 0x0000_4201; // () -> mfn

// ioctl: a disk, by a number of Linux's for disks that nothing has there: its serial is in /sys/block/NAME/serial.
export const BLKSERIAL: i32 = 0x12f0; // (20 bytes)

// ioctl: a loop device, /dev/loopN, which is a disk while it has a file.
export const LOOP_SET_FD: i32 = 0x4c00; // (fd)
export const LOOP_CLR_FD: i32 = 0x4c01; // ()
export const LOOP_SET_STATUS64: i32 = 0x4c04; // (loop_info64): where in the file the disk begins, and how it is called
export const LOOP_GET_STATUS64: i32 = 0x4c05; // (loop_info64)

// ioctl: a network block device, /dev/nbdN, which is a disk while it has a connection.
export const NBD_SET_SOCK: i32 = 0xab00; // (fd of a connected socket, whose other end speaks NBD's transmission phase)
export const NBD_SET_SIZE: i32 = 0xab02; // (bytes): it is a disk from now on
export const NBD_CLEAR_SOCK: i32 = 0xab04; // (): the other end is told, and it is a disk no more
export const NBD_SET_FLAGS: i32 = 0xab0a; // (NBD_FLAG_*)
export const NBD_FLAG_READ_ONLY: i32 = 2;
export const NBD_FLAG_SEND_FLUSH: i32 = 4;
/** One of Mote's own: it ends when who used it last does so no more. */
export const NBD_FLAG_AUTOCLEAR: i32 = 0x1_0000;

// ioctl: the terminal.
export const TCGETS: i32 = 0x5401; // (termios)
export const TCSETS: i32 = 0x5402; // (termios)
export const TIOCGPGRP: i32 = 0x540f; // (i32): the process group in the foreground
export const TIOCSPGRP: i32 = 0x5410; // (i32)
export const TIOCGWINSZ: i32 = 0x5413; // (u16[4]): rows, columns, 0, 0
export const FIONREAD: i32 = 0x541b; // (i32): bytes that a read would give at once

// termios.c_iflag, c_oflag, c_lflag.
export const ICRNL: u32 = 0x100;
export const OPOST: u32 = 1;
export const ONLCR: u32 = 4;
export const ISIG: u32 = 1;
export const ICANON: u32 = 2;
export const ECHO: u32 = 8;
// Indices of termios.c_cc.
export const VINTR: i32 = 0;
export const VQUIT: i32 = 1;
export const VERASE: i32 = 2;
export const VKILL: i32 = 3;
export const VEOF: i32 = 4;
export const VSUSP: i32 = 10;

/** struct loop_info64. */
export namespace loop_info64 {
  export const lo_offset: usize = 24; // u64
  export const lo_sizelimit: usize = 32; // u64; 0: to the end of the file
  export const lo_number: usize = 40; // u32
  export const lo_file_name: usize = 56; // 64 bytes, NUL-terminated
  export const FILE_NAME_BYTES: usize = 64;
  export const SIZE: usize = 232;
}

/** struct termios, the kernel's. */
export namespace termios {
  export const c_iflag: usize = 0; // u32
  export const c_oflag: usize = 4; // u32
  export const c_cflag: usize = 8; // u32
  export const c_lflag: usize = 12; // u32
  export const c_line: usize = 16; // u8
  export const c_cc: usize = 17; // u8[19]
  export const SIZE: usize = 36;
}
