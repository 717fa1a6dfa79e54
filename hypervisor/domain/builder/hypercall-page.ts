/**
 * The hypercall page: for kernels that do not make `syscall`s themselves, a page of stubs, hypercall N at N × 32. Each
 * saves RCX and R11, which `syscall` overwrites. The one of iret does not return: it leaves the frame that Xen wants.
 * Source: xen/arch/x86/pv/hypercall.c (pv_ring3_init_hypercall_page).
 */
import { HYPERVISOR_iret } from '../../abi/xen.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';

const STUB_BYTES = 32;

const PUSH_RCX = [0x51];
const PUSH_R11 = [0x41, 0x53];
const PUSH_RAX = [0x50];
const POP_R11 = [0x41, 0x5b];
const POP_RCX = [0x59];
const SYSCALL = [0x0f, 0x05];
const RET = [0xc3];

function movEax(number: number): number[] {
  return [0xb8, number, 0, 0, 0];
}

function stub(number: number): number[] {
  if (number === HYPERVISOR_iret)
    return [...PUSH_RCX, ...PUSH_R11, ...PUSH_RAX, ...movEax(number), ...SYSCALL];
  return [...PUSH_RCX, ...PUSH_R11, ...movEax(number), ...SYSCALL, ...POP_R11, ...POP_RCX, ...RET];
}

export function hypercallPage(): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  for (let number = 0; number < PAGE_BYTES / STUB_BYTES; number++)
    page.set(stub(number), number * STUB_BYTES);
  return page;
}
