/** The kernel library on Xen: small kernels, each with a `main` of its own, booted in the lab. */
import { expect, test } from 'vitest';
import { SHUTDOWN_crash, SHUTDOWN_poweroff } from '../../hypervisor/abi/sched.ts';
import { checkFrameTable } from '../../hypervisor/state/check.ts';
import { loadCore } from '../../ui/lab/core-node.ts';
import { Lab } from '../../ui/lab/lab.ts';
import { buildKernel } from '../toolchain/build.ts';
import { readSources } from '../toolchain/node.ts';

const core = loadCore();
const IMPORTS = `
import { initKernel } from 'kernel/boot';
import { ramdisk, ramdiskBytes, commandLine } from 'kernel/xen/start-info';
import { domainPages, setMemoryTarget } from 'kernel/memory/balloon';
import { print, printBytes, printNumber } from 'kernel/console/print';
import { setInputSink } from 'kernel/console/input';
import { endAccess, grantAccess } from 'kernel/grants/grants';
import { allocatePage, allocatePages, freePages, totalPages } from 'kernel/memory/pages';
import { shutdown } from 'kernel/traps/panic';
import { endThread, makeRunnable, Thread, yieldProcessor } from 'kernel/threads/threads';
import { now, SECOND, MILLISECOND } from 'kernel/events/clock';
import { sleepUntil, WaitQueue } from 'kernel/threads/wait';
`;
const PATIENCE_NS = 60e9;
const SLICE_TICKS = 50_000_000;

interface Outcome {
  readonly console: string;
  readonly reason: number | undefined;
  readonly crash: string;
  readonly lab: Lab;
}

/** Boots a kernel until it ends, typing `keys` once it waits. */
async function run(main: string, options: { memoryMb?: number; keys?: string } = {}): Promise<Outcome> {
  const sources = new Map([...readSources(), ['tested/main.ts', IMPORTS + main]]);
  const { file } = await buildKernel(sources, 'tested');
  const lab = await Lab.boot(core, {
    kernel: file,
    ramdisk: new TextEncoder().encode('a ramdisk'),
    commandLine: 'a=b c',
    memoryMb: options.memoryMb ?? 32,
    vcpus: 1,
  });
  let text = '';
  const decoder = new TextDecoder();
  lab.onConsole((bytes) => (text += decoder.decode(bytes, { stream: true })));
  if (options.keys !== undefined) lab.type(new TextEncoder().encode(options.keys));
  while (lab.ns < PATIENCE_NS) if (lab.run({}, SLICE_TICKS) !== undefined) break;
  const { frames, domains } = lab.hypervisor;
  expect(checkFrameTable(frames, domains)).toEqual([]);
  const { shutdown } = lab.domain;
  return { console: text, reason: shutdown?.reason, crash: shutdown?.crash?.text ?? '', lab };
}

test('all memory is found, mapped and usable; start_info is read', async () => {
  const { console, reason } = await run(`
    export function main(): void {
      initKernel();
      let bytes: u64 = 0;
      for (let page = allocatePage(); page != 0; page = allocatePage()) {
        store<u64>(page + 4088, page);
        assert(load<u64>(page + 4088) == page);
        bytes += 4096;
      }
      printNumber(bytes >> 20);
      print(" MiB\\n");
      printBytes(commandLine());
      printBytes(ramdisk());
      printNumber(ramdiskBytes());
      shutdown(0);
    }`);
  expect(reason).toBe(SHUTDOWN_poweroff);
  expect(console).toBe('31 MiB\r\na=b ca ramdisk9');
});

test('threads take turns, sleep and wake', async () => {
  const { console, lab } = await run(`
    const queue = new WaitQueue();
    let finished = 0;
    class Counter extends Thread {
      name: string;
      constructor(name: string) { super(); this.name = name; }
      run(): void {
        for (let count = 0; count < 3; count++) { print(this.name); yieldProcessor(); }
        sleepUntil(now() + SECOND);
        print("!");
        finished++;
        queue.wake();
        endThread();
      }
    }
    export function main(): void {
      initKernel();
      const free = freePages();
      const a = new Counter("a");
      const b = new Counter("b");
      a.prepare(); b.prepare();
      makeRunnable(a); makeRunnable(b);
      while (finished < 2) queue.sleep();
      sleepUntil(now() + 5 * MILLISECOND);
      print(queue.sleepUntil(now() + MILLISECOND) ? "woken" : "time");
      shutdown(0);
    }`);
  expect(console).toBe('ababab!!time');
  expect(lab.ns).toBeGreaterThan(1.006e9);
});

test('keys arrive', async () => {
  const { console } = await run(
    `
    export function main(): void {
      initKernel();
      setInputSink((byte: u8): bool => { printNumber(byte); print(" "); if (byte == 113) shutdown(0); return true; });
      sleepUntil(now() + 10 * SECOND);
    }`,
    { keys: 'abq' },
  );
  expect(console).toBe('97 98 113 ');
});

test('the balloon gives pages to Xen and gets them back', async () => {
  const { console } = await run(`
    export function main(): void {
      initKernel();
      const all = domainPages();
      const free = freePages();
      assert(setMemoryTarget(all - 1000) == all - 1000 && freePages() == free - 1000);
      assert(setMemoryTarget(0) > 200);
      assert(setMemoryTarget(all + 1000) == all && freePages() == free);
      while (allocatePage() != 0) {}
      print("well");
      shutdown(0);
    }`);
  expect(console).toBe('well');
});

test('grants are numbered from 8 and can be taken back', async () => {
  const { console } = await run(`
    export function main(): void {
      initKernel();
      const first = grantAccess(0, allocatePage(), false);
      const second = grantAccess(0, allocatePage(), true);
      assert(endAccess(first) && grantAccess(0, allocatePage(), true) == first);
      let count = 0;
      while (grantAccess(0, 4096, true) != 0) count++;
      printNumber(first); print(" "); printNumber(second); print(" "); printNumber(count);
      shutdown(0);
    }`);
  expect(console).toBe('8 9 2038');
});

test('a panic says where, in functions, files and lines', async () => {
  const { console, reason } = await run(
    `
    let never: i32 = 3;
    // @ts-ignore: decorator
    @inline(never)
    function inner(value: i32): void { assert(value == never, "it is not three"); }
    export function main(): void {
      initKernel();
      never = totalPages();
      inner(freePages());
      print("on");
    }`.replace('@inline(never)', ''),
  );
  expect(reason).toBe(SHUTDOWN_crash);
  expect(console).toMatch(/Kernel panic: it is not three at .*tested\/main.ts:\d+/);
  expect(console).toMatch(/at main \(tested\/main.ts:\d+\)\r\n {4}at entry \(kernel\/entry.asm:\d+\)/);
});

test('an exception in the kernel is told with registers', async () => {
  const { console, reason } = await run(`
    export function main(): void {
      initKernel();
      const at: usize = commandLine() - commandLine();
      store<u32>(at, 1);
    }`);
  expect(reason).toBe(SHUTDOWN_crash);
  expect(console).toContain('nobody handles this trap: vector 14, error code 0x2');
  expect(console).toMatch(/rip 0xffffffff80.*\r\n {4}at main \(tested\/main.ts/);
});

test('a stack that overflows ends the domain, and nothing else is written over', async () => {
  const { crash, reason } = await run(`
    class Deep extends Thread {
      run(): void { printNumber(deep(1)); }
    }
    function deep(n: i32): i32 { return n > 100000 ? 0 : deep(n + 1) * 3 + totalPages() % n; }
    export function main(): void {
      initKernel();
      const thread = new Deep();
      thread.prepare();
      makeRunnable(thread);
      endThread();
    }`);
  expect(reason).toBe(SHUTDOWN_crash);
  expect(crash).toContain("cannot push a bounce frame onto the kernel's stack");
});

test('a gigabyte and more is mapped, with tables from what was mapped before', async () => {
  const { console } = await run(
    `export function main(): void { initKernel(); printNumber((freePages() + 128) >> 8); shutdown(0); }`,
    { memoryMb: 1100 },
  );
  expect(Number(console)).toBeGreaterThan(1080);
});

test('a kernel that faults in its fault handler ends, and says so', async () => {
  const { console, reason } = await run(`
    import { setTrapHandler } from 'kernel/traps/traps';
    import { TrapFrame, VECTOR_PF } from 'kernel/xen/frame';
    export function main(): void {
      initKernel();
      setTrapHandler(VECTOR_PF, (frame: TrapFrame) => { store<u8>(0x7000_0000, load<u8>(0x7000_0000)); });
      store<u8>(0x6000_0000, 1);
      print('never');
    }`);
  expect(reason).toBe(SHUTDOWN_crash);
  expect(console).toContain(
    'Kernel panic: no stack is left, a fault in a fault handler: vector 14, error code 0x0',
  );
  expect(console).toMatch(/at main\S+ \(tested\/main.ts:\d+\)\r\n {4}at trap /);
});
