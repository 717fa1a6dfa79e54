/** xm info: what the host is, a line each, as Xen tells it. */
import * as xen from 'xen';
import { xen_compile_info, xen_sysctl_physinfo } from 'xen';
import * as hyper from 'dom0/lib/hypercalls';
import { utsname } from 'mote/abi';
import { systemName } from 'programs/lib/calls';
import { complainOf, print } from 'programs/lib/io';
import { hex } from 'programs/lib/text';
import { schedulerName } from './sched';
import { misused } from './switches';

const NAME_COLUMNS: i32 = 23;
const CAPABILITY_WORDS: usize = 8;
const PAGES_PER_MIB: u64 = 256;
/** Of the files that xm gives xend: what this is is the last one there was. */
const CONFIG_FORMAT: string = '4';

function line(name: string, value: string): void {
  print(name.padEnd(NAME_COLUMNS) + ': ' + value + '\n');
}

export function info(args: string[]): i32 {
  if (args.length > 0) return misused();
  hyper.begin();
  const at = hyper.sysctlPart();
  const failed = hyper.sysctl(xen.XEN_SYSCTL_physinfo);
  if (failed < 0) return complainOf('the host', failed);
  system();
  machine(at);
  version();
  compiler();
  line('xend_config_format', CONFIG_FORMAT);
  return 0;
}

function system(): void {
  line('host', systemName(utsname.nodename));
  line('release', systemName(utsname.release));
  line('version', systemName(utsname.version));
  line('machine', systemName(utsname.machine));
}

/** `at`: the answer to physinfo. */
function machine(at: usize): void {
  const cpus = load<u32>(at, xen_sysctl_physinfo.nr_cpus);
  const nodes = load<u32>(at, xen_sysctl_physinfo.nr_nodes);
  const cores = load<u32>(at, xen_sysctl_physinfo.cores_per_socket);
  const threads = load<u32>(at, xen_sysctl_physinfo.threads_per_core);
  line('nr_cpus', cpus.toString());
  line('nr_nodes', nodes.toString());
  line('sockets_per_node', (cpus / max<u32>(nodes * cores * threads, 1)).toString());
  line('cores_per_socket', cores.toString());
  line('threads_per_core', threads.toString());
  line('cpu_mhz', (load<u32>(at, xen_sysctl_physinfo.cpu_khz) / 1000).toString());
  let capabilities = '';
  for (let n: usize = 0; n < CAPABILITY_WORDS; n++)
    capabilities += (n > 0 ? ':' : '') + hex(load<u32>(at + n * 4, xen_sysctl_physinfo.hw_cap), 8);
  line('hw_caps', capabilities);
  line('total_memory', (load<u64>(at, xen_sysctl_physinfo.total_pages) / PAGES_PER_MIB).toString());
  line('free_memory', (load<u64>(at, xen_sysctl_physinfo.free_pages) / PAGES_PER_MIB).toString());
}

function version(): void {
  const version = hyper.xenVersion(xen.XENVER_version, 0);
  line('xen_major', (version >> 16).toString());
  line('xen_minor', (version & 0xffff).toString());
  line('xen_extra', versionText(xen.XENVER_extraversion, <i32>xen.XEN_EXTRAVERSION_LEN));
  line('xen_caps', versionText(xen.XENVER_capabilities, <i32>xen.XEN_CAPABILITIES_INFO_LEN).trimEnd());
  line('xen_scheduler', schedulerName());
  line('xen_pagesize', hyper.xenVersion(xen.XENVER_pagesize, 0).toString());
  const start = new ArrayBuffer(8);
  hyper.xenVersion(xen.XENVER_platform_parameters, changetype<usize>(start));
  line('platform_params', 'virt_start=0x' + hex(load<u64>(changetype<usize>(start))));
  line('xen_changeset', versionText(xen.XENVER_changeset, <i32>xen.XEN_CHANGESET_INFO_LEN));
  line('xen_commandline', versionText(xen.XENVER_commandline, <i32>xen.XEN_COMMANDLINE_LEN));
}

function compiler(): void {
  const info = new ArrayBuffer(<i32>xen_compile_info.SIZE + 1);
  const at = changetype<usize>(info);
  if (hyper.xenVersion(xen.XENVER_compile_info, at) < 0) return;
  line('cc_compiler', textAt(at + xen_compile_info.compiler));
  line('cc_compile_by', textAt(at + xen_compile_info.compile_by));
  line('cc_compile_domain', textAt(at + xen_compile_info.compile_domain));
  line('cc_compile_date', textAt(at + xen_compile_info.compile_date));
}

/** A NUL-terminated text. */
function textAt(at: usize): string {
  let bytes = 0;
  while (load<u8>(at + bytes) != 0) bytes++;
  return String.UTF8.decodeUnsafe(at, bytes);
}

export function versionText(command: i32, bytes: i32): string {
  const buffer = new ArrayBuffer(bytes + 1);
  if (hyper.xenVersion(command, changetype<usize>(buffer)) < 0) return '';
  return textAt(changetype<usize>(buffer));
}
