/** Whatever is a disk, by its device number. */
import { BlockDevice } from '../block/device';
import { findDisk } from '../block/disks';
import { loopDisk } from './loop-devices';
import { nbdDisk } from './nbd-devices';

/** For whoever then holds it; null: there is none. */
export function diskOf(device: u32): BlockDevice | null {
  const found = findDisk(device);
  if (found != null) return found;
  const loop = loopDisk(device);
  return loop == null ? nbdDisk(device) : loop;
}
