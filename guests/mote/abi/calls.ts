/** System calls: their numbers, arguments and results. A negative result is an errno. */

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
