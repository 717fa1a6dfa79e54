/** The system call by which a toolstack maps pages of other domains. Whether it may, Xen decides. */
import { EINVAL, ENOMEM } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { PAGE_SIZE } from 'kernel/memory/pages';
import { PROT_WRITE, SYS_map_foreign } from './abi';
import { AddressSpace } from './address-space';
import { currentSpace } from './process';
import { Region } from './region';
import { setSyscall } from './syscall-table';
import { copyIn } from './user-memory';

export function initForeignCalls(): void {
  setSyscall(SYS_map_foreign, mapForeign);
}

const MAX_COUNT: u64 = 1 << 20;
const CHUNK: u64 = 64;
const frames: usize = memory.data(64 * 8, 8);

/** `rights`: PROT_WRITE or 0. The address, or a negative errno: Xen's, where it refuses a frame; then nothing is mapped. */
function mapForeign(domid: u64, list: u64, count: u64, rights: u64, e: u64, f: u64): i64 {
  if (count == 0 || count > MAX_COUNT) return -EINVAL;
  const space = currentSpace();
  const bytes = count * PAGE_SIZE;
  const start = space.findRoom(bytes);
  if (start == 0) return -ENOMEM;
  const region = new Region(start, start + bytes, (<i32>rights) & PROT_WRITE);
  region.isForeign = true;
  let failed = space.addRegion(region);
  if (failed < 0) {
    dispose(region);
    return failed;
  }
  for (let done: u64 = 0; done < count && failed == 0; done += CHUNK) {
    const part = min(count - done, CHUNK);
    failed = copyIn(frames, list + done * 8, <usize>part * 8);
    if (failed == 0)
      failed = mapChunk(space, start + done * PAGE_SIZE, <u32>part, <u32>domid, region.protection != 0);
  }
  if (failed == 0) return start;
  space.unmap(start, start + bytes);
  return failed;
}

function mapChunk(space: AddressSpace, start: u64, count: u32, domid: u32, isWritable: bool): i32 {
  for (let index: u32 = 0; index < count; index++) {
    const failed = space.mapForeign(
      start + index * <u64>PAGE_SIZE,
      load<u64>(frames + index * 8),
      domid,
      isWritable,
    );
    if (failed < 0) return failed;
  }
  return 0;
}
