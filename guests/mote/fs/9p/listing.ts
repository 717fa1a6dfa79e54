/** What a 9P server tells of a directory, some entries at a time: who lists it on gets them one by one. */
import { EIO } from 'xen';
import { alloc, dispose, free } from 'kernel/memory/heap';
import { NAME_MAX } from '../../abi';
import { Lock } from '../lock';
import { DirectoryEntry } from '../vnode';
import { Client } from './client';
import { dirent } from './protocol';

const BYTES: u32 = 8192;
/** The type of an entry, DT_*, is this part of its mode. */
const TYPE_SHIFT: u32 = 12;

export class Listing {
  private client: Client;
  /** The directory, open. */
  private fid: u32;
  private buffer: usize = alloc(BYTES);
  private bytes: u32 = 0;
  /** The entry that is next, and the place that it is asked for by. */
  private at: u32 = 0;
  private place: u64 = 0;
  private lock: Lock = new Lock();

  constructor(client: Client, fid: u32) {
    this.client = client;
    this.fid = fid;
  }

  /** As Vnode.entryAt. From the beginning, and from any place but the next, the server is asked anew. */
  entryAt(place: u64, entry: DirectoryEntry): i32 {
    this.lock.take();
    let result = 0;
    if (place == 0 || place != this.place || this.at == this.bytes) result = this.fill(place);
    if (result == 0 && this.bytes > 0) result = this.next(entry);
    this.lock.give();
    return result;
  }

  private fill(place: u64): i32 {
    this.at = 0;
    this.bytes = 0;
    const got = this.client.readDirectory(this.fid, place, this.buffer, BYTES);
    if (got > 0) this.bytes = got;
    return min(got, 0);
  }

  /** 1, or -EIO for what is no entry. */
  private next(entry: DirectoryEntry): i32 {
    const here = this.buffer + this.at;
    const left = this.bytes - this.at;
    const length = left < <u32>dirent.name ? 0 : <i32>load<u16>(here + dirent.length);
    if (length == 0 || length > NAME_MAX || left < <u32>dirent.name + length) {
      this.bytes = 0;
      return -EIO;
    }
    entry.ino = load<u64>(here + dirent.path);
    entry.mode = (<u32>load<u8>(here + dirent.type)) << TYPE_SHIFT;
    entry.name = here + dirent.name;
    entry.length = length;
    entry.next = load<u64>(here + dirent.offset);
    this.place = entry.next;
    this.at += <u32>dirent.name + length;
    return 1;
  }

  release(): void {
    free(this.buffer);
    this.lock.release();
    dispose(this);
  }
}
