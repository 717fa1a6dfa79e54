/**
 * Processes of a Linux kernel that nobody here wrote, as crash(8) finds them: its BTF says where in a task_struct what is, its first
 * task is known by its name, and all others hang on that one (include/linux/sched.h).
 */
import { Btf } from './btf.ts';
import { indexOf } from './index-of.ts';
import { LINUX_KERNEL, linuxImage } from './linux-image.ts';
import { NotMapped } from './memory.ts';
import type { KernelMemory } from './memory.ts';
import type { ProcessView } from './view.ts';

/** TASK_COMM_LEN. */
const NAME_BYTES = 16;
/** The first task's, which is static data: before and after its processor is up. */
const FIRST_NAMES = ['swapper/0\0', 'swapper\0'];
/** __TASK_STOPPED of `__state`. */
const STOPPED = 4;
const MOST_TASKS = 10_000;

const TASK = ['tasks', 'pid', 'tgid', 'comm', 'mm', 'real_parent', '__state', 'exit_state'] as const;
type TaskOffsets = Readonly<Record<(typeof TASK)[number], number>>;

export interface Linux {
  readonly task: TaskOffsets;
  /** Of `pgd` in mm_struct. */
  readonly pgd: number;
  /** Of the first task. */
  readonly first: number;
}

/** Null: it says nothing of itself, or has not begun. That takes as long as reading through its image takes. */
export function findLinux(memory: KernelMemory): Linux | null {
  const image = linuxImage(memory);
  const btf = Btf.in(image);
  const task = btf?.offsets('task_struct', TASK) ?? null;
  const mm = btf?.offsets('mm_struct', ['pgd']) ?? null;
  if (task === null || mm === null) return null;
  const first = firstTask(memory, image, task);
  return first === null ? null : { task, pgd: mm.pgd, first };
}

function firstTask(memory: KernelMemory, image: Uint8Array, task: TaskOffsets): number | null {
  for (const text of FIRST_NAMES) {
    const name = new TextEncoder().encode(text);
    for (let at = indexOf(image, name); at >= 0; at = indexOf(image, name, at + 1)) {
      const found = LINUX_KERNEL + at - task.comm;
      if (isFirst(memory, found, task)) return found;
    }
  }
  return null;
}

/** Whether it is a task of number 0 that is in a list. */
function isFirst(memory: KernelMemory, at: number, { pid, tasks }: TaskOffsets): boolean {
  try {
    const next = memory.i64(at + tasks);
    return memory.u32(at + pid) === 0 && memory.i64(next + 8) === at + tasks;
  } catch (error) {
    if (error instanceof NotMapped) return false;
    throw error;
  }
}

/** Its processes: what has an address space of its own, and what has ended and is waited for. Throws NotMapped. */
export function linuxProcesses(
  memory: KernelMemory,
  { task, pgd, first }: Linux,
  loaded: ReadonlySet<number>,
): ProcessView[] {
  const processes: ProcessView[] = [];
  const head = first + task.tasks;
  let count = 0;
  for (let link = memory.i64(head); link !== head; link = memory.i64(link)) {
    if (++count > MOST_TASKS) throw new NotMapped('the list of tasks goes in a circle');
    const at = link - task.tasks;
    const mm = memory.i64(at + task.mm);
    const hasEnded = memory.u32(at + task.exit_state) !== 0;
    if (mm === 0 && !hasEnded) continue;
    processes.push({
      pid: memory.u32(at + task.tgid),
      parent: memory.u32(memory.i64(at + task.real_parent) + task.tgid),
      name: memory.text(at + task.comm, NAME_BYTES),
      state: hasEnded ? 'ended' : (memory.u32(at + task.__state) & STOPPED) !== 0 ? 'stopped' : 'alive',
      isLoaded: mm !== 0 && loaded.has(memory.frame(memory.i64(mm + pgd))),
    });
  }
  return processes.sort((one, other) => one.pid - other.pid);
}
