/**
 * What programs and Mote's kernel have agreed on: numbers of system calls, flags, and the layout of what crosses.
 *
 * A call is the instruction `syscall` with the number in RAX, arguments in RDI RSI RDX R10 R8 R9; the result comes in RAX,
 * a negative errno for a failure. Numbers, flags and layouts are those of Linux on x86-64 where the meaning is the same;
 * Mote's own calls begin at 1000. Error numbers are those of the module `xen` (Xen's are Linux's); the few that Xen has
 * no use for are here.
 */

// System calls: files.
export const SYS_read: i32 = 0; // (fd, buffer, bytes) -> bytes
export const SYS_write: i32 = 1; // (fd, buffer, bytes) -> bytes
export const SYS_open: i32 = 2; // (path, flags, mode) -> fd
export const SYS_close: i32 = 3; // (fd)
export const SYS_stat: i32 = 4; // (path, stat)
export const SYS_fstat: i32 = 5; // (fd, stat)
export const SYS_lstat: i32 = 6; // (path, stat): of a symbolic link itself
export const SYS_poll: i32 = 7; // (pollfd[], count, timeoutMs; -1 for ever) -> how many are ready
export const SYS_lseek: i32 = 8; // (fd, offset, whence) -> offset
export const SYS_ioctl: i32 = 16; // (fd, request, argument)
export const SYS_access: i32 = 21; // (path, mode)
export const SYS_pipe: i32 = 22; // (i32[2]): the end to read, the end to write
export const SYS_dup: i32 = 32; // (fd) -> fd
export const SYS_dup2: i32 = 33; // (fd, wanted) -> wanted
export const SYS_sendfile: i32 = 40; // (out fd, in fd, 0, bytes) -> bytes
export const SYS_fcntl: i32 = 72; // (fd, command, argument)
export const SYS_fsync: i32 = 74; // (fd)
export const SYS_truncate: i32 = 76; // (path, bytes)
export const SYS_ftruncate: i32 = 77; // (fd, bytes)
export const SYS_getcwd: i32 = 79; // (buffer, bytes) -> bytes with the NUL
export const SYS_chdir: i32 = 80; // (path)
export const SYS_rename: i32 = 82; // (from, to)
export const SYS_mkdir: i32 = 83; // (path, mode)
export const SYS_rmdir: i32 = 84; // (path)
export const SYS_link: i32 = 86; // (from, to)
export const SYS_unlink: i32 = 87; // (path)
export const SYS_symlink: i32 = 88; // (target, path)
export const SYS_readlink: i32 = 89; // (path, buffer, bytes) -> bytes, without a NUL
export const SYS_chmod: i32 = 90; // (path, mode)
export const SYS_mknod: i32 = 133; // (path, mode, device)
export const SYS_statfs: i32 = 137; // (path, statfs)
export const SYS_chroot: i32 = 161; // (path)
export const SYS_sync: i32 = 162; // ()
export const SYS_mount: i32 = 165; // (source, target, type, flags, options or 0: text, of which `offset=BYTES` counts)
export const SYS_umount2: i32 = 166; // (target, flags)
export const SYS_getdents64: i32 = 217; // (fd, buffer, bytes) -> bytes of dirent64; 0 at the end

// Memory.
export const SYS_mmap: i32 = 9; // (0, bytes, prot, flags, -1, 0) -> address: anonymous and private alone
export const SYS_munmap: i32 = 11; // (address, bytes)
export const SYS_brk: i32 = 12; // (address; 0 asks) -> end of the heap, unchanged where it cannot move

// Processes and signals.
export const SYS_rt_sigreturn: i32 = 15; // (): made by the trampoline that a handler returns to
export const SYS_sched_yield: i32 = 24; // ()
export const SYS_pause: i32 = 34; // (): until a signal -> -EINTR
export const SYS_nanosleep: i32 = 35; // (timespec, rest or 0)
export const SYS_alarm: i32 = 37; // (seconds) -> seconds left of the last
export const SYS_getpid: i32 = 39; // () -> pid
export const SYS_fork: i32 = 57; // () -> pid, 0 in the child
export const SYS_execve: i32 = 59; // (path, argv, envp)
export const SYS_exit: i32 = 60; // (status)
export const SYS_wait4: i32 = 61; // (pid, status, options, 0) -> pid
export const SYS_kill: i32 = 62; // (pid; -pgid for a group, signal; 0 only asks)
export const SYS_setpgid: i32 = 109; // (pid, pgid)
export const SYS_getppid: i32 = 110; // () -> pid
export const SYS_getpgrp: i32 = 111; // () -> pgid
export const SYS_setsid: i32 = 112; // () -> pgid
export const SYS_exit_group: i32 = 231; // (status): as exit

// Sockets.
export const SYS_socket: i32 = 41; // (AF_INET, type, protocol) -> fd
export const SYS_connect: i32 = 42; // (fd, sockaddr_in, bytes)
export const SYS_accept: i32 = 43; // (fd, sockaddr_in or 0, u32 bytes) -> fd
export const SYS_sendto: i32 = 44; // (fd, buffer, bytes, flags, sockaddr_in or 0, bytes) -> bytes
export const SYS_recvfrom: i32 = 45; // (fd, buffer, bytes, flags, sockaddr_in or 0, u32 bytes) -> bytes
export const SYS_shutdown: i32 = 48; // (fd, how)
export const SYS_bind: i32 = 49; // (fd, sockaddr_in, bytes)
export const SYS_listen: i32 = 50; // (fd, backlog)
export const SYS_getsockname: i32 = 51; // (fd, sockaddr_in, u32 bytes)
export const SYS_getpeername: i32 = 52; // (fd, sockaddr_in, u32 bytes)
export const SYS_setsockopt: i32 = 54; // (fd, level, option, value, bytes)
export const SYS_getsockopt: i32 = 55; // (fd, level, option, value, u32 bytes)

// The system.
export const SYS_uname: i32 = 63; // (utsname)
export const SYS_sysinfo: i32 = 99; // (sysinfo)
export const SYS_reboot: i32 = 169; // (LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, command, 0)
export const SYS_clock_gettime: i32 = 228; // (clock, timespec)

// Mote's own.
export const SYS_signal: i32 = 1000; // (signal, address of the handler, or SIG_DFL, SIG_IGN) -> the last one
export const SYS_hypercall: i32 = 1001; // (number, u64[5]) -> what Xen returned, or -EPERM
export const SYS_pagetable: i32 = 1002; // (virtual address, u64[5][2]) -> levels walked: each entry and its table's pfn; 0, the page's pfn
export const SYS_map_foreign: i32 = 1004; // (domid, u64 mfns[], count, PROT_WRITE or 0) -> address: frames of another domain, until munmap

/** /dev/xen/evtchn: what is read are ports (u32) that were raised, and stay masked until they are written back. */
export const IOCTL_EVTCHN_BIND_VIRQ: i32 = 0x0004_4500; // (virq) -> port
export const IOCTL_EVTCHN_BIND_INTERDOMAIN: i32 = 0x0008_4501; // (domid | port << 32) -> port
export const IOCTL_EVTCHN_BIND_UNBOUND_PORT: i32 = 0x0004_4502; // (domid) -> port
export const IOCTL_EVTCHN_UNBIND: i32 = 0x0004_4503; // (port)
export const IOCTL_EVTCHN_NOTIFY: i32 = 0x0004_4504; // (port)

/** /dev/xen/xenbus_backend, in domain 0: where the kernel's own ring to the store is, and its event channel, unbound. */
export const IOCTL_XENBUS_BACKEND_EVTCHN: i32 = 0x0000_4200; // () -> port
export const IOCTL_XENBUS_BACKEND_MFN: i32 = 0x0000_4201; // () -> mfn

// Errors that Xen has no use for.
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

// open; fcntl F_GETFL and F_SETFL.
export const O_RDONLY: i32 = 0;
export const O_WRONLY: i32 = 1;
export const O_RDWR: i32 = 2;
export const O_ACCMODE: i32 = 3;
export const O_CREAT: i32 = 0x40;
export const O_EXCL: i32 = 0x80;
export const O_TRUNC: i32 = 0x200;
export const O_APPEND: i32 = 0x400;
export const O_NONBLOCK: i32 = 0x800;
export const O_DIRECTORY: i32 = 0x10000;
export const O_CLOEXEC: i32 = 0x80000;

// lseek.
export const SEEK_SET: i32 = 0;
export const SEEK_CUR: i32 = 1;
export const SEEK_END: i32 = 2;

// fcntl.
export const F_DUPFD: i32 = 0;
export const F_GETFD: i32 = 1;
export const F_SETFD: i32 = 2;
export const F_GETFL: i32 = 3;
export const F_SETFL: i32 = 4;
export const FD_CLOEXEC: i32 = 1;

// stat.st_mode.
export const S_IFMT: u32 = 0xf000;
export const S_IFSOCK: u32 = 0xc000;
export const S_IFLNK: u32 = 0xa000;
export const S_IFREG: u32 = 0x8000;
export const S_IFBLK: u32 = 0x6000;
export const S_IFDIR: u32 = 0x4000;
export const S_IFCHR: u32 = 0x2000;
export const S_IFIFO: u32 = 0x1000;

// dirent64.d_type.
export const DT_UNKNOWN: u8 = 0;
export const DT_FIFO: u8 = 1;
export const DT_CHR: u8 = 2;
export const DT_DIR: u8 = 4;
export const DT_BLK: u8 = 6;
export const DT_REG: u8 = 8;
export const DT_LNK: u8 = 10;
export const DT_SOCK: u8 = 12;

// poll: events.
export const POLLIN: i32 = 1;
export const POLLOUT: i32 = 4;
export const POLLERR: i32 = 8;
export const POLLHUP: i32 = 0x10;
export const POLLNVAL: i32 = 0x20;

// mmap.
export const PROT_READ: i32 = 1;
export const PROT_WRITE: i32 = 2;
export const PROT_EXEC: i32 = 4;
export const MAP_PRIVATE: i32 = 2;
export const MAP_FIXED: i32 = 0x10;
export const MAP_ANONYMOUS: i32 = 0x20;

// Signals, and two handlers that are none.
export const SIGHUP: i32 = 1;
export const SIGINT: i32 = 2;
export const SIGQUIT: i32 = 3;
export const SIGILL: i32 = 4;
export const SIGTRAP: i32 = 5;
export const SIGABRT: i32 = 6;
export const SIGBUS: i32 = 7;
export const SIGFPE: i32 = 8;
export const SIGKILL: i32 = 9;
export const SIGUSR1: i32 = 10;
export const SIGSEGV: i32 = 11;
export const SIGUSR2: i32 = 12;
export const SIGPIPE: i32 = 13;
export const SIGALRM: i32 = 14;
export const SIGTERM: i32 = 15;
export const SIGCHLD: i32 = 17;
export const SIGCONT: i32 = 18;
export const SIGSTOP: i32 = 19;
export const SIGTSTP: i32 = 20;
export const SIGTTIN: i32 = 21;
export const SIGTTOU: i32 = 22;
export const NSIG: i32 = 32;
export const SIG_DFL: u64 = 0;
export const SIG_IGN: u64 = 1;

/**
 * wait4. The status: bits 6:0 the signal that ended it, 0 for an exit, whose code is in bits 15:8; 0x7f in bits 7:0: it is
 * stopped, by the signal in bits 15:8.
 */
export const WNOHANG: i32 = 1;
export const WUNTRACED: i32 = 2;

// mount, umount2.
export const MS_RDONLY: i32 = 1;

// Clocks.
export const CLOCK_REALTIME: i32 = 0;
export const CLOCK_MONOTONIC: i32 = 1;

// Sockets.
export const AF_INET: i32 = 2;
export const SOCK_STREAM: i32 = 1;
export const SOCK_DGRAM: i32 = 2;
export const SOCK_RAW: i32 = 3;
export const IPPROTO_ICMP: i32 = 1;
export const IPPROTO_TCP: i32 = 6;
export const IPPROTO_UDP: i32 = 17;
export const SHUT_RD: i32 = 0;
export const SHUT_WR: i32 = 1;
export const SHUT_RDWR: i32 = 2;
export const MSG_DONTWAIT: i32 = 0x40;
export const IPPROTO_IP: i32 = 0;
export const SOL_SOCKET: i32 = 1;
export const SO_REUSEADDR: i32 = 2;
export const SO_TYPE: i32 = 3;
export const SO_ERROR: i32 = 4;
export const SO_SNDBUF: i32 = 7;
export const SO_RCVBUF: i32 = 8;
export const SO_BINDTODEVICE: i32 = 25; // an interface's name
export const IP_TTL: i32 = 2;
export const TCP_NODELAY: i32 = 1;

// ioctl: interfaces and routes, on any socket.
export const SIOCADDRT: i32 = 0x890b; // (rtentry)
export const SIOCDELRT: i32 = 0x890c; // (rtentry)
export const SIOCGIFFLAGS: i32 = 0x8913; // (ifreq)
export const SIOCGIFADDR: i32 = 0x8915; // (ifreq)
export const SIOCGIFNETMASK: i32 = 0x891b; // (ifreq)
export const SIOCGIFMTU: i32 = 0x8921; // (ifreq)
export const SIOCGIFHWADDR: i32 = 0x8927; // (ifreq)
export const SIOCSIFFLAGS: i32 = 0x8914; // (ifreq): up or down
export const SIOCSIFADDR: i32 = 0x8916; // (ifreq)
export const SIOCSIFNETMASK: i32 = 0x891c; // (ifreq)
export const SIOCSIFNAME: i32 = 0x8923; // (ifreq): another name
export const SIOCGIFINDEX: i32 = 0x8933; // (ifreq)
export const SIOCSIFVLAN: i32 = 0x8983; // (vlan_ioctl_args)
export const SIOCBRADDBR: i32 = 0x89a0; // (name of a bridge)
export const SIOCBRDELBR: i32 = 0x89a1; // (name of a bridge)
export const SIOCBRADDIF: i32 = 0x89a2; // (ifreq): a bridge, and the index of an interface
export const SIOCBRDELIF: i32 = 0x89a3; // (ifreq)
// Of Linux's numbers for what a device alone understands (SIOCDEVPRIVATE).
export const SIOCRULE: i32 = 0x89f1; // (rule): what iptables asks for
export const SIOCBRLOSS: i32 = 0x89f0; // (ifreq): frames that a bridge loses
export const SIOCADDDUMMY: i32 = 0x89f2; // (name of an interface)
export const SIOCDELDUMMY: i32 = 0x89f3; // (name of an interface)

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

// reboot.
export const LINUX_REBOOT_MAGIC1: u32 = 0xfee1dead;
export const LINUX_REBOOT_MAGIC2: u32 = 0x28121969;
export const LINUX_REBOOT_CMD_RESTART: u32 = 0x01234567;
export const LINUX_REBOOT_CMD_POWER_OFF: u32 = 0x4321fedc;

/** Bytes of a path, its NUL included. */
export const PATH_MAX: i32 = 4096;
/** Bytes of one name in a path. */
export const NAME_MAX: i32 = 255;

/** struct stat. */
export namespace stat {
  export const st_dev: usize = 0; // u64
  export const st_ino: usize = 8; // u64
  export const st_nlink: usize = 16; // u64
  export const st_mode: usize = 24; // u32
  export const st_uid: usize = 28; // u32
  export const st_gid: usize = 32; // u32
  export const st_rdev: usize = 40; // u64
  export const st_size: usize = 48; // i64
  export const st_blksize: usize = 56; // i64
  export const st_blocks: usize = 64; // i64, of 512 bytes
  export const st_atime: usize = 72; // i64, seconds; nanoseconds behind
  export const st_mtime: usize = 88;
  export const st_ctime: usize = 104;
  export const SIZE: usize = 144;
}

/** struct linux_dirent64: the name and its NUL follow; the record's length is a multiple of 8. */
export namespace dirent64 {
  export const d_ino: usize = 0; // u64
  export const d_off: usize = 8; // i64
  export const d_reclen: usize = 16; // u16
  export const d_type: usize = 18; // u8
  export const d_name: usize = 19;
}

/** struct statfs. */
export namespace statfs {
  export const f_type: usize = 0; // i64
  export const f_bsize: usize = 8; // i64
  export const f_blocks: usize = 16; // u64
  export const f_bfree: usize = 24; // u64
  export const f_bavail: usize = 32; // u64
  export const f_files: usize = 40; // u64
  export const f_ffree: usize = 48; // u64
  export const SIZE: usize = 120;
}

/** struct pollfd. */
export namespace pollfd {
  export const fd: usize = 0; // i32
  export const events: usize = 4; // i16
  export const revents: usize = 6; // i16
  export const SIZE: usize = 8;
}

/** struct loop_info64. */
export namespace loop_info64 {
  export const lo_offset: usize = 24; // u64
  export const lo_sizelimit: usize = 32; // u64; 0: to the end of the file
  export const lo_number: usize = 40; // u32
  export const lo_file_name: usize = 56; // 64 bytes, NUL-terminated
  export const FILE_NAME_BYTES: usize = 64;
  export const SIZE: usize = 232;
}

/** struct timespec. */
export namespace timespec {
  export const tv_sec: usize = 0; // i64
  export const tv_nsec: usize = 8; // i64
  export const SIZE: usize = 16;
}

/** struct sockaddr_in: port and address in the network's order. */
export namespace sockaddr_in {
  export const sin_family: usize = 0; // u16
  export const sin_port: usize = 2; // u16
  export const sin_addr: usize = 4; // u32
  export const SIZE: usize = 16;
}

/** struct ifreq: a name, and a struct sockaddr_in or flags. */
export namespace ifreq {
  export const ifr_name: usize = 0; // 16 bytes, NUL-terminated
  export const ifr_addr: usize = 16; // sockaddr_in
  export const ifr_flags: usize = 16; // u16
  export const ifr_mtu: usize = 16; // i32
  export const ifr_ifindex: usize = 16; // i32
  export const ifr_newname: usize = 16; // 16 bytes, NUL-terminated
  export const ifr_hwaddr: usize = 18; // 6 bytes, behind a u16
  export const ifr_loss: usize = 16; // u32: of a thousand frames
  export const ifr_seed: usize = 20; // u32: which ones
  export const SIZE: usize = 40;
}

/** struct vlan_ioctl_args, of which commands 0, add, and 1, delete, are there. */
export namespace vlan_ioctl_args {
  export const cmd: usize = 0; // i32
  export const device1: usize = 4; // 24 bytes, NUL-terminated: whose VLAN, or which one
  export const VID: usize = 28; // i32
  export const DEVICE_BYTES: usize = 24;
  export const SIZE: usize = 56;
}
export const ADD_VLAN_CMD: i32 = 0;
export const DEL_VLAN_CMD: i32 = 1;

/** What iptables asks for: an action, and a rule. */
export namespace rule {
  export const action: usize = 0; // u8: RULE_APPEND and so on
  export const chain: usize = 1; // u8: CHAIN_*
  export const target: usize = 2; // u8: RULE_ACCEPT and so on
  export const protocol: usize = 3; // u8: 0: any
  export const inverted: usize = 4; // u8: NOT_*
  export const position: usize = 8; // u32: from 1 on; 0: none
  export const source: usize = 12; // u32 address, u32 mask
  export const destination: usize = 20; // u32 address, u32 mask
  export const source_ports: usize = 28; // u16 first, u16 last; 0, 0: any
  export const destination_ports: usize = 32; // u16 first, u16 last
  export const to_address: usize = 36; // u32
  export const to_port: usize = 40; // u16: 0: it stays
  export const in_: usize = 48; // 16 bytes, NUL-terminated: an interface; empty: any
  export const out: usize = 64; // 16 bytes
  export const SIZE: usize = 80;
}
export const RULE_APPEND: i32 = 1;
export const RULE_INSERT: i32 = 2;
export const RULE_DELETE: i32 = 3;
export const RULE_FLUSH: i32 = 4;
export const RULE_POLICY: i32 = 5;
export const CHAIN_PREROUTING: i32 = 0;
export const CHAIN_POSTROUTING: i32 = 1;
export const CHAIN_INPUT: i32 = 2;
export const CHAIN_FORWARD: i32 = 3;
export const CHAIN_OUTPUT: i32 = 4;
export const RULE_ACCEPT: i32 = 1;
export const RULE_DROP: i32 = 2;
export const RULE_REJECT: i32 = 3;
export const RULE_MASQUERADE: i32 = 4;
export const RULE_SNAT: i32 = 5;
export const RULE_DNAT: i32 = 6;
export const NOT_SOURCE: u32 = 1;
export const NOT_DESTINATION: u32 = 2;
export const NOT_IN: u32 = 4;
export const NOT_OUT: u32 = 8;

/** struct rtentry. */
export namespace rtentry {
  export const rt_dst: usize = 8; // sockaddr_in
  export const rt_gateway: usize = 24; // sockaddr_in
  export const rt_genmask: usize = 40; // sockaddr_in
  export const rt_dev: usize = 88; // pointer to a name; 0: whichever leads to the gateway
  export const SIZE: usize = 120;
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

/** struct new_utsname: strings of 64 bytes and a NUL. */
export namespace utsname {
  export const FIELD: usize = 65;
  export const sysname: usize = 0;
  export const nodename: usize = 65;
  export const release: usize = 130;
  export const version: usize = 195;
  export const machine: usize = 260;
  export const domainname: usize = 325;
  export const SIZE: usize = 390;
}

/** struct sysinfo. */
export namespace sysinfo {
  export const uptime: usize = 0; // i64, seconds
  export const loads: usize = 8; // u64[3]
  export const totalram: usize = 32; // u64, in mem_unit
  export const freeram: usize = 40;
  export const sharedram: usize = 48;
  export const bufferram: usize = 56;
  export const procs: usize = 80; // u16
  export const mem_unit: usize = 104; // u32
  export const SIZE: usize = 112;
}
