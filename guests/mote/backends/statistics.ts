/**
 * /proc/xen/backends: what the backends have done, a line for each device: its kind, its domain, its number, and counts, each
 * behind its name. Those of disks are what Linux's backend has below `statistics` in its sysfs; those of cards are seen from
 * the domain: what it has sent (tx) and received (rx).
 */
import { Backend } from 'mote/backends/backend';
import { BlockBackend } from 'mote/backends/blkback';
import { NetworkBackend } from 'mote/backends/netback';
import { put, putByte, putBytes, putField } from '../fs/proc-files';
import { servedDisks } from './disks';
import { servedCards } from './network';

export function backends(pid: i32): void {
  for (let each = servedDisks(); each != null; each = each!.next) putDisk(<BlockBackend>each);
  for (let each = servedCards(); each != null; each = each!.next) putCard(<NetworkBackend>each);
}

/** "vbd 1 51712" */
function putName(kind: string, backend: Backend): void {
  put(kind);
  putField(backend.domid);
  putByte(32);
  putBytes(backend.number);
}

function putCount(name: string, count: u64): void {
  putByte(32);
  put(name);
  putField(count);
}

function putDisk(disk: BlockBackend): void {
  putName('vbd', disk);
  // It never waits for memory to map pages in: it maps none.
  putCount('oo_req', 0);
  putCount('rd_req', disk.reads);
  putCount('wr_req', disk.writes);
  putCount('f_req', disk.flushes);
  putCount('rd_sect', disk.readSectors);
  putCount('wr_sect', disk.writtenSectors);
  putByte(10);
}

function putCard(card: NetworkBackend): void {
  putName('vif', card);
  putCount('tx_packets', card.sentPackets);
  putCount('tx_bytes', card.sentBytes);
  putCount('rx_packets', card.receivedPackets);
  putCount('rx_bytes', card.receivedBytes);
  putCount('dropped', card.dropped);
  putByte(10);
}
