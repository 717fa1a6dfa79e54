/** Processes and the system: signals, endings, clocks, the machine's end and name. */

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

// Clocks.
export const CLOCK_REALTIME: i32 = 0;
export const CLOCK_MONOTONIC: i32 = 1;

// reboot.
export const LINUX_REBOOT_MAGIC1: u32 = 0xfee1dead;
export const LINUX_REBOOT_MAGIC2: u32 = 0x28121969;
export const LINUX_REBOOT_CMD_RESTART: u32 = 0x01234567;
export const LINUX_REBOOT_CMD_POWER_OFF: u32 = 0x4321fedc;

/** struct timespec. */
export namespace timespec {
  export const tv_sec: usize = 0; // i64
  export const tv_nsec: usize = 8; // i64
  export const SIZE: usize = 16;
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
