/**
 * What domctl, sysctl and platform_op have in common: a structure that begins with a command and the version of the
 * interface, read from the caller, and written back by the commands that answer in it.
 */
import { xen_control } from '../abi/control.ts';
import { EACCES, EFAULT } from '../abi/errno.ts';
import type { Composite } from '../abi/layout.ts';
import { GuestStruct } from '../memory/guest-struct.ts';
import type { HypercallContext } from './hypercall.ts';

/** A control structure, and the part of it that is the command's own: `base` bytes in. */
export class ControlBuffer {
  readonly bytes: Uint8Array;
  private readonly base: number;

  constructor(sizeBytes: number, base: number) {
    this.bytes = new Uint8Array(sizeBytes);
    this.base = base;
  }

  /** Reads the caller's: 0, or -EFAULT, or -EACCES for another version of the interface. */
  read(context: HypercallContext, argument: number, version: number): number {
    if (!context.readBytes(argument, this.bytes)) return -EFAULT;
    const given = this.whole(xen_control).get('interface_version');
    if (given === version) return 0;
    return context.hypervisor.trace.refuse(-EACCES, 'interface version {} is not Xen’s, {}', given, version);
  }

  get command(): number {
    return this.whole(xen_control).get('cmd');
  }

  /** What all commands have in common. */
  whole<F>(layout: Composite<F>): GuestStruct<F> {
    return new GuestStruct(layout, 0, this.bytes);
  }

  /** The command's own part, as that command lays it out. */
  as<F>(layout: Composite<F>): GuestStruct<F> {
    return new GuestStruct(layout, 0, this.bytes, this.base);
  }
}
