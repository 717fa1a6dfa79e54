/** For tests of sysctl and platform_op: a command in its envelope, in a domain's memory, and what comes back. */
import { XEN_SYSCTL_INTERFACE_VERSION, XENPF_INTERFACE_VERSION } from '../abi/control.ts';
import type { Composite } from '../abi/layout.ts';
import { xen_platform_op } from '../abi/platform.ts';
import { xen_sysctl } from '../abi/sysctl.ts';
import { copyFromGuest, copyToGuest } from '../memory/guest-access.ts';
import { GuestStruct } from '../memory/guest-struct.ts';
import { ARGUMENTS, type TestDomain } from '../memory/testing.ts';
import type { Hypercall } from './hypercall.ts';
import { platformOp } from './platform-op.ts';
import { sysctl } from './sysctl.ts';

const ENVELOPES = {
  sysctl: { hypercall: sysctl, layout: xen_sysctl, version: XEN_SYSCTL_INTERFACE_VERSION },
  platform_op: { hypercall: platformOp, layout: xen_platform_op, version: XENPF_INTERFACE_VERSION },
} as const;

export interface Answer<F> {
  readonly result: number;
  /** The command's part as it stands in the domain's memory then. */
  readonly op: GuestStruct<F>;
}

/** Makes a command of one of the two, with what `fill` puts into its part. */
export function ask<F>(
  guest: TestDomain,
  name: keyof typeof ENVELOPES,
  command: number,
  layout: Composite<F>,
  fill: (op: GuestStruct<F>) => void = () => undefined,
  version: number = ENVELOPES[name].version,
): Answer<F> {
  const {
    hypercall,
    layout: envelope,
  }: { hypercall: Hypercall; layout: { size: number; offset: { u: number } } } = ENVELOPES[name];
  const bytes = new Uint8Array(envelope.size);
  new DataView(bytes.buffer).setUint32(0, command, true);
  new DataView(bytes.buffer).setUint32(4, version, true);
  const op = new GuestStruct(layout, 0, bytes, envelope.offset.u);
  fill(op);
  const { frames } = guest.hypervisor;
  if (!copyToGuest(frames, guest.vcpu, ARGUMENTS, bytes)) throw new Error('no room for the arguments');
  const result = guest.call(hypercall, ARGUMENTS);
  if (!copyFromGuest(frames, guest.vcpu, ARGUMENTS, bytes)) throw new Error('the arguments are gone');
  return { result, op };
}
