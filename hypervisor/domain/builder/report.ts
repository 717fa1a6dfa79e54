/** What the builder found and decided, in the words of Xen's toolstack (`xl -vvv create`), to be read beside it. */
import { hex64 } from '../../../core/machine.ts';
import { hexVa } from './addresses.ts';
import type { KernelImage } from './kernel.ts';
import type { Plan, Segment, Step } from './plan.ts';

/** As C's `%#x`: zero stays `0`. */
function alternateHex(value: number): string {
  return value === 0 ? '0' : hexVa(value);
}

function segmentLine({ name, virtStart, virtEnd, pfn, pages }: Segment): string {
  const range = `${hexVa(virtStart)} -> ${hexVa(virtEnd)}`;
  return `xc_dom_alloc_segment:   ${name.padEnd(12)} : ${range}  (pfn ${hexVa(pfn)} + ${hexVa(pages)} pages)`;
}

function stepLine(step: Step): string {
  switch (step.kind) {
    case 'segment':
      return segmentLine(step.segment);
    case 'page':
      return `xc_dom_alloc_page   :   ${step.segment.name.padEnd(12)} : ${hexVa(step.segment.virtStart)} (pfn ${hexVa(step.segment.pfn)})`;
    case 'tables': {
      const range = `${hex64(step.from)} -> ${hex64(step.to)}`;
      return `count_pgtables: ${hex64(step.mask)}/${String(step.bits)}: ${range}, ${String(step.tables)} table(s)`;
    }
    case 'end':
      return `xc_dom_build_image  : ${step.name} : ${hexVa(step.va)}`;
  }
}

/** A line for each thing placed. */
export function reportPlan(plan: Plan): string[] {
  return plan.steps.map(stepLine);
}

/** The image's segments, notes and addresses, a line each. */
export function reportKernel({ elf, notes, addresses }: KernelImage): string[] {
  const { virtBase, paddrOffset, paddrStart, virtStart, virtEnd, entry, p2mBase } = addresses;
  const value = (of: number | string) => (typeof of === 'string' ? `"${of}"` : alternateHex(of));
  return [
    ...elf.segments.map(
      ({ paddr, memoryBytes }) => `ELF: phdr: paddr=${hexVa(paddr)} memsz=${hexVa(memoryBytes)}`,
    ),
    `ELF: memory: ${hexVa(paddrStart)} -> ${hexVa(paddrStart + virtEnd - virtStart)}`,
    ...notes.notes.map(({ type, name, value: of }) =>
      of === null ? `ELF: note: unknown (${hexVa(type)})` : `ELF: note: ${name} = ${value(of)}`,
    ),
    'ELF: addresses:',
    `    virt_base        = ${hexVa(virtBase)}`,
    `    elf_paddr_offset = ${hexVa(paddrOffset)}`,
    `    virt_offset      = ${hexVa(virtBase - paddrOffset)}`,
    `    virt_kstart      = ${hexVa(virtStart)}`,
    `    virt_kend        = ${hexVa(virtEnd)}`,
    `    virt_entry       = ${hexVa(entry)}`,
    `    p2m_base         = ${p2mBase === undefined ? hexVa(-1) : hexVa(p2mBase)}`,
  ];
}
