/** What Xen tells a domain at its start (start_info): kept where it was left. */
import { SIF_INITDOMAIN, start_info } from 'xen';
import { window } from './intrinsics';

let info: usize = 0;

/** start_info, as Xen left it. */
export function startInfo(): usize {
  return info;
}

/** It lies here. */
export function setStartInfo(at: usize): void {
  info = at;
}

/** Whether this is the domain that has the machine. */
export function isDomain0(): bool {
  return (load<u32>(info + start_info.flags) & SIF_INITDOMAIN) != 0;
}

/** The ramdisk that came with the kernel. */
export function ramdisk(): usize {
  const va = load<u64>(info + start_info.mod_start);
  return va == 0 ? 0 : <usize>(va - window());
}

export function ramdiskBytes(): usize {
  return <usize>load<u64>(info + start_info.mod_len);
}

/** The command line: NUL-terminated bytes. */
export function commandLine(): usize {
  return info + start_info.cmd_line;
}
