/** `--counts`: how often what happened, in the manner of the recordings of the real Xen. */
import type { TranslationCounts } from '../../core/translator/translator.ts';
import { hypercallOf, NR_HYPERCALLS } from '../../hypervisor/hypercalls/table.ts';
import type { Counts } from '../../hypervisor/trace/counts.ts';

/** Which tier has executed `instructions`, and what was translated; nothing where nothing could be. */
export function translationLines(counts: TranslationCounts | null, instructions: number): string[] {
  if (counts === null) return [];
  const { regions, modules, blocks, bytes, records, evicted, drops } = counts;
  const rows: [number, string][] = [
    [counts.instructions, 'instructions translated'],
    [instructions - counts.instructions, 'instructions interpreted'],
    [
      regions,
      `translations in ${String(modules)} modules: ${String(blocks)} blocks, ${String(records)} records`,
    ],
    [Math.round(bytes / 1024), 'KiB of wasm in them'],
    [evicted, 'translations dropped for others'],
    [drops, 'times that all of them were dropped'],
  ];
  return rows.map(([count, kind]) => line(count, kind));
}

const line = (count: number, kind: string): string => `${String(count).padStart(12)}  ${kind}`;

/** Lines of count and kind, most frequent first. */
export function countLines(counts: Counts): string[] {
  const rows: [number, string][] = [
    [counts.emulated, 'event emulate_privop'],
    [counts.forcedCpuid, 'event forced_invalid_op (cpuid)'],
    [counts.tableWrites, 'event ptwr_emulation'],
    [counts.pageFaults, 'event page_fault'],
    [counts.syscalls, 'event syscall'],
  ];
  for (let number = 0; number < NR_HYPERCALLS; number++) {
    const name = hypercallOf(number)?.name ?? 'that does not exist';
    rows.push(
      [counts.hypercalls[number]!, `hypercall ${name}`],
      [counts.multicallEntries[number]!, `multicall entry ${name}`],
    );
  }
  return rows
    .filter(([count]) => count > 0)
    .sort((a, b) => b[0] - a[0])
    .map(([count, kind]) => line(count, kind));
}
