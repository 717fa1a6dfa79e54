/** Your kernel: it reads sectors of a disk through a ring, and something is missing. */
import { SCHEDOP_yield, sring } from 'xen';
import { initKernel } from 'kernel/boot';
import { print, printBytes, printNumber } from 'kernel/console/print';
import { sendEvent } from 'kernel/events/events';
import { HYPERVISOR_sched_op } from 'kernel/xen/hypercalls';
import { WaitQueue } from 'kernel/threads/wait';
import { connectDisk, Disk } from './disk';

/** How many sectors are to be read. */
const SECTORS: u32 = 1;

/** Where to sleep until the backend notifies. */
const news = new WaitQueue();
/** Requests that have been filled in, and responses that have been taken. */
let produced: u32 = 0;
let consumed: u32 = 0;

/** Shows the backend all requests that have been filled in. */
function push(disk: Disk): void {
  atomic.store<u32>(disk.ring + sring.req_prod, produced);
}

/** Takes the responses that are there. */
function take(disk: Disk): void {
  while (consumed != atomic.load<u32>(disk.ring + sring.rsp_prod)) printBytes(disk.textOf(consumed++));
}

/** Takes responses until all requests are answered. */
function finish(disk: Disk): void {
  take(disk);
  while (consumed != produced) {
    news.sleep();
    take(disk);
  }
}

export function main(): void {
  initKernel();
  const disk = connectDisk((port: u32) => {
    news.wake();
  });
  print('connected\n');

  for (let sector: u32 = 0; sector < SECTORS; sector++) {
    disk.fill(produced++, sector);
    push(disk);
    finish(disk);
  }
  print('all is read\n');

  for (;;) news.sleep();
}
