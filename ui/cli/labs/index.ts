/** All labs, in the order in which a reader of the manuals comes to them. */
import type { Scenario } from '../../lab/scenario/scenario.ts';
import { encrypted, mirror, volumes } from './disks.ts';
import { routed, translated, vlans } from './networks.ts';
import { iscsi, nbd, nfsRoot } from './servers.ts';
import { images, installed, itself, ownKernel, throughLibvirt, xendomains } from './toolstack.ts';

export const LABS: readonly Scenario[] = [
  ...[volumes, mirror, encrypted],
  ...[iscsi, nbd, nfsRoot],
  ...[routed, translated, vlans],
  ...[ownKernel, images, xendomains, throughLibvirt, installed, itself],
];
