/**
 * VLANs (IEEE 802.1Q): networks that share one wire, each with a number, which frames carry in four bytes behind their addresses. An
 * interface `peth0.10` has those of peth0's frames that are of VLAN 10, without the tag, and what goes out by it gets one. It is an
 * interface as others are: it has an address, or is a port of a bridge.
 */
import { EBUSY, EEXIST, EINVAL, ENODEV, ENOMEM } from 'xen';
import { free, tryAlloc } from 'kernel/memory/heap';
import { textAt } from '../fs/names';
import { BridgePort } from './bridge';
import { get16, put16 } from './bytes';
import { EthernetInterface, TaggedInput } from './ethernet';
import { HARDWARE_BYTES, TYPE_VLAN } from './frame';
import {
  addInterface,
  IFF_RUNNING,
  Interface,
  interfaceNamed,
  nameInterface,
  removeInterface,
} from './interface';
import { completeChecksum } from './offload';
import { removeRoutesBy } from './route';

const TAG_BYTES: u32 = 4;
const ADDRESSES: u32 = 2 * HARDWARE_BYTES;
/** Of a tag's second half; 0 and 4095 are no VLAN's. */
const ID_MASK: u32 = 0xfff;
/** Digits, a point and a NUL behind a name. */
const NUMBER_BYTES: usize = 6;
const NAME_BYTES: usize = 16;

/** Those that are there no more: sockets and packets may know them, and the next VLAN is one of them. */
let spare: Vlan | null = null;

class Vlan extends BridgePort {
  id: u32 = 0;
  parent: EthernetInterface | null = null;
  /** Of the same parent, or of those that are spare. */
  nextVlan: Vlan | null = null;

  deliver(at: usize, bytes: u32, isBlank: bool, segmentBytes: u32): void {
    const parent = this.parent;
    if (parent == null || bytes < ADDRESSES) return;
    const frame = tryAlloc(bytes + TAG_BYTES);
    if (frame == 0) {
      this.dropped++;
      return;
    }
    if (isBlank) completeChecksum(at, bytes);
    memory.copy(frame, at, ADDRESSES);
    put16(frame + ADDRESSES, TYPE_VLAN);
    put16(frame + ADDRESSES + 2, this.id);
    memory.copy(frame + ADDRESSES + TAG_BYTES, at + ADDRESSES, bytes - ADDRESSES);
    parent.emit(frame, bytes + TAG_BYTES);
    free(frame);
  }

  /** A frame of its own has come in, with its tag. Others may be given the same one: it is copied. */
  taken(at: usize, bytes: u32): void {
    const frame = tryAlloc(bytes);
    if (frame == 0) {
      this.dropped++;
      return;
    }
    memory.copy(frame, at, ADDRESSES);
    memory.copy(frame + ADDRESSES, at + ADDRESSES + TAG_BYTES, bytes - ADDRESSES - TAG_BYTES);
    this.arrived(frame, bytes - TAG_BYTES);
    free(frame);
  }
}

/** All VLANs of an interface. */
class Vlans extends TaggedInput {
  first: Vlan | null = null;

  find(id: u32): Vlan | null {
    for (let each = this.first; each != null; each = each!.nextVlan) if (each.id == id) return each;
    return null;
  }

  take(at: usize, bytes: u32): bool {
    const vlan = this.find(get16(at + ADDRESSES + 2) & ID_MASK);
    if (vlan == null || bytes < ADDRESSES + TAG_BYTES) return false;
    vlan.taken(at, bytes);
    return true;
  }

  dropAll(): void {
    for (let each = this.first; each != null; each = this.first) drop(each);
  }
}

function ethernet(found: Interface | null): EthernetInterface | null {
  return found instanceof EthernetInterface ? <EthernetInterface>found : null;
}

/** Makes NAME.ID of the interface of a NUL-terminated name. 0, or -ENODEV, -EINVAL, -EEXIST, -ENOMEM. */
export function addVlan(name: usize, id: i32): i32 {
  const parent = ethernet(interfaceNamed(name));
  if (parent == null) return -ENODEV;
  if (id < 1 || id >= <i32>ID_MASK) return -EINVAL;
  const made = nameOf(name, <u32>id);
  if (made == 0) return -ENOMEM;
  const result = interfaceNamed(made) == null ? plug(parent, made, <u32>id) : -EEXIST;
  free(made);
  return result;
}

function plug(parent: EthernetInterface, name: usize, id: u32): i32 {
  if (parent.tagged == null) parent.tagged = new Vlans();
  const vlans = <Vlans>parent.tagged!;
  if (vlans.find(id) != null) return -EEXIST;
  let made = spare;
  if (made == null) made = new Vlan('');
  else spare = made.nextVlan;
  made.id = id;
  made.parent = parent;
  made.nextVlan = vlans.first;
  vlans.first = made;
  memory.copy(changetype<usize>(made.hardware), changetype<usize>(parent.hardware), HARDWARE_BYTES);
  made.flags |= IFF_RUNNING;
  nameInterface(made, textAt(name));
  addInterface(made);
  return 0;
}

/** NAME.ID, on the heap; 0: it would be too long. */
function nameOf(name: usize, id: u32): usize {
  let length: usize = 0;
  while (load<u8>(name + length) != 0) length++;
  if (length + NUMBER_BYTES > NAME_BYTES) return 0;
  const made = tryAlloc(NAME_BYTES);
  if (made == 0) return 0;
  memory.copy(made, name, length);
  store<u8>(made + length, 0x2e);
  let at = made + length + 1;
  let divisor: u32 = id >= 1000 ? 1000 : id >= 100 ? 100 : id >= 10 ? 10 : 1;
  for (; divisor > 0; divisor /= 10) store<u8>(at++, <u8>(48 + ((id / divisor) % 10)));
  store<u8>(at, 0);
  return made;
}

/** Takes away the VLAN of a NUL-terminated name. 0, or -ENODEV, -EINVAL: it is none, -EBUSY: it has VLANs itself. */
export function removeVlan(name: usize): i32 {
  const found = interfaceNamed(name);
  if (found == null) return -ENODEV;
  if (!(found instanceof Vlan)) return -EINVAL;
  const vlans = (<Vlan>found).tagged;
  if (vlans != null && (<Vlans>vlans).first != null) return -EBUSY;
  drop(<Vlan>found);
  return 0;
}

function drop(vlan: Vlan): void {
  const vlans = <Vlans>vlan.parent!.tagged!;
  let before: Vlan | null = null;
  for (let each = vlans.first; each != null && each != vlan; each = each!.nextVlan) before = each;
  if (before == null) vlans.first = vlan.nextVlan;
  else before.nextVlan = vlan.nextVlan;
  const bridge = vlan.bridge;
  if (bridge != null) bridge.remove(vlan);
  removeRoutesBy(vlan);
  removeInterface(vlan);
  vlan.cache.clear();
  vlan.parent = null;
  vlan.nextVlan = spare;
  spare = vlan;
}
