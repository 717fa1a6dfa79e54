/** xm network-attach, network-detach: a domain's network cards, while it runs. */
import { Domain } from 'dom0/lib/domains';
import * as deviceNodes from 'dom0/lib/device-nodes';
import { parseVif, problem, Vif } from 'dom0/lib/devices';
import { devicesOf } from 'dom0/lib/kept-devices';
import { pathOf } from 'dom0/lib/nodes';
import { UUID_BYTES, parseUuid } from 'dom0/lib/uuid';
import { describe } from 'programs/lib/errno';
import { complain } from 'programs/lib/io';
import { readNode } from 'programs/lib/store';
import { detach, guestOf, kept } from './block';
import { addressOf } from './create/devices';
import { misused } from './switches';

/** Of a domain, at most. */
const MOST_CARDS: i32 = 8;

export function networkAttach(args: string[]): i32 {
  if (args.length < 1) return misused();
  const domain = guestOf(args[0]);
  if (domain == null) return 1;
  for (let n = 1; n < args.length; n++)
    if (!args[n].includes('=') || args[n].endsWith('=')) {
      complain('Invalid argument: ' + args[n]);
      return misused();
    }
  const handle = freeHandle(domain);
  if (handle < 0) {
    complain(domain.name + ': it may have ' + MOST_CARDS.toString() + ' cards');
    return 1;
  }
  const vif = parseVif(args.slice(1).join(','), addressFor(domain, handle));
  if (vif != null) return attach(domain, vif, handle);
  complain(problem);
  return 1;
}

function attach(domain: Domain, vif: Vif, handle: i32): i32 {
  const number = handle.toString();
  const failed = deviceNodes.writeVif(domain.id, vif, handle);
  const answer = failed < 0 ? describe(failed) : deviceNodes.bringOnline(domain.id, number);
  if (answer == '') return kept(domain);
  complain('Device ' + number + ' (vif) could not be connected. ' + answer);
  deviceNodes.dropDevice(domain.id, 'vif', number);
  return 1;
}

/** The first number that no card has; -1: it has as many as it may. */
function freeHandle(domain: Domain): i32 {
  const used = devicesOf(domain, 'vif');
  for (let handle = 0; handle < MOST_CARDS; handle++) if (!used.includes(handle.toString())) return handle;
  return -1;
}

/** As a card of this number would have got it when the domain was made. */
function addressFor(domain: Domain, handle: i32): string {
  const uuid = new StaticArray<u8>(UUID_BYTES);
  parseUuid(domain.uuid, uuid);
  return addressOf(uuid, handle);
}

/** DEVID: its number, or its address. */
export function networkDetach(args: string[]): i32 {
  if (args.length != 2) return misused();
  const domain = guestOf(args[0]);
  if (domain == null) return 1;
  let number = args[1];
  const cards = devicesOf(domain, 'vif');
  for (let n = 0; n < cards.length; n++)
    if (readNode(pathOf(domain.id) + '/device/vif/' + cards[n] + '/mac') == args[1].toLowerCase())
      number = cards[n];
  return detach(domain, 'vif', number);
}
