/** /dev/xen/xenbus_backend: how the store's server, a process of domain 0, finds the ring of domain 0's own kernel. */
import { EBUSY, EINVAL } from 'xen';
import { mfnOf } from 'kernel/memory/pagetable';
import { offeredPort, offeredRing, offerRing } from 'kernel/store/xenbus';
import { startBackends } from '../backends/backends';
import { IOCTL_XENBUS_BACKEND_EVTCHN, IOCTL_XENBUS_BACKEND_MFN } from '../abi';
import { DeviceFile } from './device-file';

export class XenbusBackendFile extends DeviceFile {
  /** This file has made the ring. */
  private mine: bool = false;

  read(to: usize, bytes: usize): i32 {
    return -EINVAL;
  }
  write(from: usize, bytes: usize): i32 {
    return -EINVAL;
  }

  control(request: i32, argument: u64): i32 {
    if (request != IOCTL_XENBUS_BACKEND_MFN && request != IOCTL_XENBUS_BACKEND_EVTCHN) return -EINVAL;
    if (!this.mine) {
      this.mine = offerRing();
      if (this.mine) startBackends();
    }
    if (!this.mine) return -EBUSY;
    return request == IOCTL_XENBUS_BACKEND_MFN ? <i32>mfnOf(offeredRing()) : <i32>offeredPort();
  }
}
