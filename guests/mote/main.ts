/** Mote: from the kernel's first instruction to the first program. */
import { commandLine, isDomain0, ramdisk, ramdiskBytes } from 'kernel/xen/start-info';
import { print, printNumber } from 'kernel/console/print';
import { freePages, PAGE_SIZE, totalPages } from 'kernel/memory/pages';
import { endThread } from 'kernel/threads/threads';
import { O_RDWR, S_IFCHR, S_IFDIR } from './abi';
import { Arguments } from './arguments';
import { showDisks } from './block/disks';
import { initFrontends } from './block/frontends';
import { initControl } from './control';
import { initDrivers } from './drivers/drivers';
import { unpack } from './fs/cpio';
import { Descriptors } from './fs/descriptors';
import {
  DEVICE_CONSOLE,
  DEVICE_EVTCHN,
  DEVICE_FULL,
  DEVICE_NULL,
  DEVICE_TTY,
  DEVICE_XENBUS,
  DEVICE_XENBUS_BACKEND,
  DEVICE_ZERO,
  openNode,
} from './fs/devices';
import { initFileCalls } from './fs/file-calls';
import { makeLoopNodes } from './fs/loop-devices';
import { mount, rootNode } from './fs/mount';
import { initMountCalls } from './fs/mount-calls';
import { bytesOf } from './fs/names';
import { makeNbdNodes } from './fs/nbd-devices';
import { lastLength, lastName, resolve, resolveParent } from './fs/path';
import { initPollCalls } from './fs/poll-calls';
import { ProcFs } from './fs/procfs';
import { RamFs } from './fs/ramfs';
import { initTreeCalls } from './fs/tree-calls';
import { initInside } from './inside';
import { initNetwork } from './net/net';
import { Process } from './process';
import { execPath } from './process-calls';
import { mountRoot } from './root';
import { createInit, initSystem, startProcess } from './startup';
import { RELEASE, SYSNAME } from './machine-calls';

/** The first programs that are tried, in turn. */
const FIRST: StaticArray<string> = ['/init', '/bin/init', '/bin/sh'];

export function main(): void {
  initSystem();
  greet();
  initFileCalls();
  initTreeCalls();
  initPollCalls();
  initNetwork();
  initInside();
  initMountCalls();
  initDrivers();
  initFrontends();
  if (!mountRoot()) {
    mount(new RamFs(), null, bytesOf('ramfs'), bytesOf('/'));
    if (ramdisk() != 0) unpack(ramdisk(), ramdiskBytes());
  }
  makeDevices();
  mountProc();
  showDisks(makeNodeAt, removeNodeAt);
  initControl();
  const init = createInit();
  openConsole(init);
  begin(init);
  startProcess(init);
  endThread();
}

function greet(): void {
  print(SYSNAME);
  print(' ');
  print(RELEASE);
  print(': ');
  printNumber((<u64>totalPages() * PAGE_SIZE) >> 20);
  print(' MiB of memory, ');
  printNumber((<u64>freePages() * PAGE_SIZE) >> 10);
  print(' KiB free\n');
}

function makeDevices(): void {
  makeNode('/dev', S_IFDIR | 0o755, 0);
  const point = resolve(bytesOf('/dev'), true);
  if (point != null) mount(new RamFs(), point, bytesOf('devfs'), bytesOf('/dev'));
  makeNode('/dev/console', S_IFCHR | 0o600, DEVICE_CONSOLE);
  makeNode('/dev/tty', S_IFCHR | 0o666, DEVICE_TTY);
  makeNode('/dev/null', S_IFCHR | 0o666, DEVICE_NULL);
  makeNode('/dev/zero', S_IFCHR | 0o666, DEVICE_ZERO);
  makeNode('/dev/full', S_IFCHR | 0o666, DEVICE_FULL);
  makeNode('/dev/xen', S_IFDIR | 0o755, 0);
  makeNode('/dev/xen/evtchn', S_IFCHR | 0o600, DEVICE_EVTCHN);
  makeNode('/dev/xen/xenbus', S_IFCHR | 0o600, DEVICE_XENBUS);
  if (!isDomain0()) return;
  makeNode('/dev/xen/xenbus_backend', S_IFCHR | 0o600, DEVICE_XENBUS_BACKEND);
  makeLoopNodes(makeNodeAt);
  makeNbdNodes(makeNodeAt);
}

function mountProc(): void {
  makeNode('/proc', S_IFDIR | 0o555, 0);
  const point = resolve(bytesOf('/proc'), true);
  if (point != null) mount(new ProcFs(), point, bytesOf('proc'), bytesOf('/proc'));
}

function makeNode(path: string, mode: u32, device: u32): void {
  makeNodeAt(bytesOf(path), mode, device);
}

/** Makes a node, unless the ramdisk has one of its name. */
function makeNodeAt(path: usize, mode: u32, device: u32): void {
  const directory = resolveParent(path);
  if (directory == null) return;
  const node = directory.create(lastName, lastLength, mode, device);
  if (node != null) node.put();
  directory.put();
}

function removeNodeAt(path: usize): void {
  const directory = resolveParent(path);
  if (directory == null) return;
  directory.remove(lastName, lastLength, false);
  directory.put();
}

/** Input, output and errors of the first process. */
function openConsole(init: Process): void {
  const files = new Descriptors(rootNode().get(), rootNode().get());
  init.files = files;
  const node = resolve(bytesOf('/dev/console'), true);
  if (node == null) return;
  const console = openNode(node, O_RDWR);
  if (console == null) return;
  files.add(console, 0);
  files.add(console.get(), 1);
  files.add(console.get(), 2);
}

/** Gives the first process the first program that there is; the words of the command line are its arguments. */
function begin(init: Process): void {
  for (let index = 0; index < FIRST.length; index++) {
    const path = bytesOf(FIRST[index]);
    const given = Arguments.create()!;
    given.addArgument(path);
    addWords(given, commandLine());
    const failed = execPath(init, path, given);
    given.release();
    if (failed == 0) return;
  }
  print('No program to begin with: the root has none of /init, /bin/init, /bin/sh.\n');
  assert(false, 'no init');
}

/** Adds the words of a NUL-terminated text. */
function addWords(given: Arguments, text: usize): void {
  const word = memory.data(1024);
  let length = 0;
  for (let at = text; ; at++) {
    const byte = load<u8>(at);
    if (byte != 32 && byte != 0) store<u8>(word + length++, byte);
    else if (length > 0) {
      store<u8>(word + length, 0);
      given.addArgument(word);
      length = 0;
    }
    if (byte == 0) return;
  }
}
