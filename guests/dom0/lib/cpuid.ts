/**
 * What CPUID is to tell a domain: `cpuid = [ '1:ecx=xxx0xxxx...,edx=...', '0x80000001:...' ]`, the classic form, a letter for each of
 * the 32 bits from the highest on: 0 and 1 set it, x, k and s leave it. A domain that is levelled so, to go to another host, has no
 * CPUID faulting either, which no such list can tell of.
 */
import * as xen from 'xen';
import { xen_cpuid_leaf, xen_domctl_cpu_policy, xen_msr_entry } from 'xen';
import { describe } from 'programs/lib/errno';
import { bad, number } from 'programs/lib/text';
import * as hyper from './hypercalls';

const REGISTERS: string[] = ['eax', 'ebx', 'ecx', 'edx'];
const BITS: i32 = 32;
const PLATFORM_INFO: u32 = 0xce;

/** What was wrong; empty: nothing. */
export let problem: string = '';

/** Bits of a register of a leaf. */
export class CpuidBits {
  leaf: u32 = 0;
  subleaf: u32 = xen.XEN_CPUID_NO_SUBLEAF;
  register: i32 = 0;
  cleared: u32 = 0;
  set: u32 = 0;
}

/** Adds what an item of the list wants. False: `problem`. */
export function parseCpuid(item: string, to: CpuidBits[]): bool {
  problem = item + ": it is 'LEAF[,SUBLEAF]:REGISTER=BITS,...', with 32 of 0, 1, x, k, s for the bits";
  const colon = item.indexOf(':');
  const numbers = item.substring(0, max(colon, 0)).split(',');
  const registers = item.substring(colon + 1).split(',');
  for (let n = 0; n < registers.length; n++) {
    const bits = new CpuidBits();
    bits.leaf = <u32>number(numbers[0].trim());
    if (bad || numbers.length > 2) return false;
    if (numbers.length == 2) bits.subleaf = <u32>number(numbers[1].trim());
    else if (bits.leaf == 7) bits.subleaf = 0;
    const equals = registers[n].indexOf('=');
    bits.register = REGISTERS.indexOf(registers[n].substring(0, max(equals, 0)).trim());
    if (bad || bits.register < 0 || !parseBits(registers[n].substring(equals + 1).trim(), bits)) return false;
    to.push(bits);
  }
  problem = '';
  return true;
}

function parseBits(text: string, bits: CpuidBits): bool {
  if (text.length != BITS) return false;
  for (let n = 0; n < BITS; n++) {
    const bit = (<u32>1) << (BITS - 1 - n);
    const letter = text.charAt(n);
    if (letter == '1') bits.set |= bit;
    else if (letter == '0') bits.cleared |= bit;
    else if (!'xks'.includes(letter)) return false;
  }
  return true;
}

/** Gives a domain that has not run yet what it is to see: empty, or what is wrong. */
export function levelCpuid(domid: u32, wanted: CpuidBits[]): string {
  if (wanted.length == 0) return '';
  hyper.begin();
  const at = hyper.domctlPart();
  let failed = hyper.domctl(xen.XEN_DOMCTL_get_cpu_policy, domid);
  const room = failed < 0 ? 0 : load<i32>(at, xen_domctl_cpu_policy.nr_leaves);
  const leaves = new ArrayBuffer(room * <i32>xen_cpuid_leaf.SIZE);
  const msr = new ArrayBuffer(<i32>xen_msr_entry.SIZE);
  store<u32>(changetype<usize>(msr), PLATFORM_INFO, xen_msr_entry.idx);
  store<u64>(at, changetype<usize>(leaves), xen_domctl_cpu_policy.leaves);
  if (failed == 0) failed = hyper.domctl(xen.XEN_DOMCTL_get_cpu_policy, domid);
  const count = failed < 0 ? 0 : load<i32>(at, xen_domctl_cpu_policy.nr_leaves);
  for (let n = 0; n < wanted.length; n++) apply(changetype<usize>(leaves), count, wanted[n]);
  store<u32>(at, 1, xen_domctl_cpu_policy.nr_msrs);
  store<u64>(at, changetype<usize>(msr), xen_domctl_cpu_policy.msrs);
  if (failed == 0) failed = hyper.domctl(xen.XEN_DOMCTL_set_cpu_policy, domid);
  return failed < 0 ? 'cpuid: ' + describe(failed) : '';
}

/** A leaf that is not there has no bits. */
function apply(leaves: usize, count: i32, bits: CpuidBits): void {
  for (let n = 0; n < count; n++) {
    const at = leaves + n * xen_cpuid_leaf.SIZE;
    if (load<u32>(at, xen_cpuid_leaf.leaf) != bits.leaf) continue;
    if (load<u32>(at, xen_cpuid_leaf.subleaf) != bits.subleaf) continue;
    const register = at + xen_cpuid_leaf.a + bits.register * 4;
    store<u32>(register, (load<u32>(register) & ~bits.cleared) | bits.set);
  }
}
