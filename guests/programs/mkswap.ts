/** mkswap DISK|FILE: makes it a place that Linux can swap to. */
import { O_RDWR, SEEK_END, SEEK_SET } from 'mote/abi';
import { close, open, seek, writeAll } from 'programs/lib/calls';
import { complain, complainOf, print } from 'programs/lib/io';

const PAGE: i32 = 4096;
/** Of Linux's union swap_header: version, last page, bad pages; the signature ends the page. */
const INFO: usize = 1024;
const SIGNATURE = 'SWAPSPACE2';
const LEAST_PAGES: i64 = 10;

export function main(args: string[]): i32 {
  if (args.length != 2 || args[1].startsWith('-')) {
    complain('usage: mkswap DISK|FILE');
    return 2;
  }
  const fd = open(args[1], O_RDWR);
  if (fd < 0) return complainOf(args[1], fd);
  const pages = seek(fd, 0, SEEK_END) / PAGE;
  if (pages < LEAST_PAGES) {
    complain(args[1] + ': it is to be of 40 KiB at least');
    return 1;
  }
  const page = new ArrayBuffer(PAGE);
  const at = changetype<usize>(page);
  store<u32>(at + INFO, 1);
  store<u32>(at + INFO, <u32>(pages - 1), 4);
  String.UTF8.encodeUnsafe(changetype<usize>(SIGNATURE), SIGNATURE.length, at + PAGE - SIGNATURE.length);
  seek(fd, 0, SEEK_SET);
  const failed = writeAll(fd, page, PAGE);
  close(fd);
  if (failed < 0) return complainOf(args[1], failed);
  print('Setting up swapspace version 1, size = ' + (((pages - 1) * PAGE) / 1024).toString() + ' KiB\n');
  return 0;
}
