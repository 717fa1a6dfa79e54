/**
 * hypercall NAME [ARGUMENT...]: makes any hypercall, by its name (`xen_version`) or number, and shows what comes back.
 *
 * An argument is a number; or memory of this program's, whose address Xen gets: `@BYTES` is so many zeroes, `@A,B,...`
 * numbers of 8 bytes each, `=TEXT` the text. What memory holds afterwards is shown, so `hypercall xen_version 1 @16` tells
 * Xen's extra version. The call has the kernel's rights: the wrong one ends the kernel.
 */
import * as xen from 'xen';
import { hypercall } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { dump } from 'programs/lib/dump';
import { complain, print } from 'programs/lib/io';
import { bad, hex, number } from 'programs/lib/text';

const ARGUMENTS = 5;
const MAX_BYTES: i64 = 65536;
/** Room behind memory that Xen gets: an answer longer than expected overwrites nothing else. */
const SLACK = 4096;
/** Results from here up are errors, by their number below 0. */
const LAST_ERRNO: i64 = -4095;

class Name {
  constructor(
    public text: string,
    public number: i32,
  ) {}
}

const NAMES: Name[] = [
  new Name('set_trap_table', xen.HYPERVISOR_set_trap_table),
  new Name('mmu_update', xen.HYPERVISOR_mmu_update),
  new Name('set_gdt', xen.HYPERVISOR_set_gdt),
  new Name('stack_switch', xen.HYPERVISOR_stack_switch),
  new Name('set_callbacks', xen.HYPERVISOR_set_callbacks),
  new Name('fpu_taskswitch', xen.HYPERVISOR_fpu_taskswitch),
  new Name('platform_op', xen.HYPERVISOR_platform_op),
  new Name('set_debugreg', xen.HYPERVISOR_set_debugreg),
  new Name('get_debugreg', xen.HYPERVISOR_get_debugreg),
  new Name('update_descriptor', xen.HYPERVISOR_update_descriptor),
  new Name('memory_op', xen.HYPERVISOR_memory_op),
  new Name('multicall', xen.HYPERVISOR_multicall),
  new Name('update_va_mapping', xen.HYPERVISOR_update_va_mapping),
  new Name('set_timer_op', xen.HYPERVISOR_set_timer_op),
  new Name('xen_version', xen.HYPERVISOR_xen_version),
  new Name('console_io', xen.HYPERVISOR_console_io),
  new Name('grant_table_op', xen.HYPERVISOR_grant_table_op),
  new Name('vm_assist', xen.HYPERVISOR_vm_assist),
  new Name('update_va_mapping_otherdomain', xen.HYPERVISOR_update_va_mapping_otherdomain),
  new Name('iret', xen.HYPERVISOR_iret),
  new Name('vcpu_op', xen.HYPERVISOR_vcpu_op),
  new Name('set_segment_base', xen.HYPERVISOR_set_segment_base),
  new Name('mmuext_op', xen.HYPERVISOR_mmuext_op),
  new Name('sched_op', xen.HYPERVISOR_sched_op),
  new Name('callback_op', xen.HYPERVISOR_callback_op),
  new Name('event_channel_op', xen.HYPERVISOR_event_channel_op),
  new Name('physdev_op', xen.HYPERVISOR_physdev_op),
  new Name('hvm_op', xen.HYPERVISOR_hvm_op),
  new Name('sysctl', xen.HYPERVISOR_sysctl),
  new Name('domctl', xen.HYPERVISOR_domctl),
];

export function main(args: string[]): i32 {
  if (args.length < 2 || args.length > 2 + ARGUMENTS) return usage();
  const called = numberOf(args[1]);
  if (called < 0) {
    complain(args[1] + ': there is no such hypercall');
    return 2;
  }
  const values = new StaticArray<u64>(ARGUMENTS);
  const buffers: ArrayBuffer[] = [];
  for (let n = 2; n < args.length; n++) {
    const buffer = bufferOf(args[n]);
    if (buffer != null) {
      buffers.push(buffer);
      values[n - 2] = changetype<usize>(buffer);
    } else values[n - 2] = number(args[n]);
    if (bad) {
      complain(args[n] + ': is neither a number nor memory');
      return 2;
    }
  }
  const result = hypercall(called, values);
  print(args[1] + '(' + args.slice(2).join(', ') + ') = ' + meaning(result) + '\n');
  for (let n = 0; n < buffers.length; n++)
    dump(changetype<usize>(buffers[n]), buffers[n].byteLength - SLACK, 0);
  return result < 0 && result >= LAST_ERRNO ? 1 : 0;
}

function usage(): i32 {
  complain('usage: hypercall NAME [NUMBER | @BYTES | @A,B,... | =TEXT]...; the names are');
  for (let n = 0; n < NAMES.length; n++) print(NAMES[n].text + (n % 4 == 3 ? '\n' : '  '));
  print('\n');
  return 2;
}

function numberOf(name: string): i32 {
  for (let n = 0; n < NAMES.length; n++) if (NAMES[n].text == name) return NAMES[n].number;
  const value = number(name);
  return bad || value < 0 || value > 63 ? -1 : <i32>value;
}

/** The memory that an argument describes, and SLACK; null: it is none. `bad` as for `number`. */
function bufferOf(text: string): ArrayBuffer | null {
  if (text.startsWith('=')) return textBuffer(text.substring(1));
  if (!text.startsWith('@')) return null;
  const parts = text.substring(1).split(',');
  if (parts.length == 1) {
    const bytes = number(parts[0]);
    return bad || bytes < 0 || bytes > MAX_BYTES ? null : new ArrayBuffer(<i32>bytes + SLACK);
  }
  const words = new ArrayBuffer(parts.length * 8 + SLACK);
  for (let n = 0; n < parts.length; n++) {
    store<u64>(changetype<usize>(words) + n * 8, number(parts[n]));
    if (bad) return null;
  }
  return words;
}

function textBuffer(text: string): ArrayBuffer {
  const encoded = String.UTF8.encode(text);
  const buffer = new ArrayBuffer(encoded.byteLength + SLACK);
  memory.copy(changetype<usize>(buffer), changetype<usize>(encoded), encoded.byteLength);
  return buffer;
}

function meaning(result: i64): string {
  if (result < 0 && result >= LAST_ERRNO) return result.toString() + ' (' + describe(result) + ')';
  return result.toString() + ' (0x' + hex(result) + ')';
}
