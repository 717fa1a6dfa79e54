/** The bridges of this machine, which come and go: what brctl asks for. */
import { EBUSY, EEXIST, EINVAL, ENODEV } from 'xen';
import { textAt } from '../fs/names';
import { Bridge, BridgePort } from './bridge';
import {
  addInterface,
  Interface,
  interfaceAt,
  interfaceNamed,
  nameInterface,
  removeInterface,
} from './interface';
import { removeRoutesBy } from './route';

/** Those that were there once: sockets and packets may know them, and the next bridge is one of them. */
let spare: Bridge | null = null;

/** The bridge of a NUL-terminated name; null: there is none. */
export function bridgeNamed(name: usize): Bridge | null {
  const named = interfaceNamed(name);
  return named instanceof Bridge ? <Bridge>named : null;
}

/** The port of a NUL-terminated name; null: there is none. */
function portOf(found: Interface | null): BridgePort | null {
  return found instanceof BridgePort ? <BridgePort>found : null;
}

/** 0, or -EEXIST, -EINVAL: it has no name. */
export function addBridge(name: usize): i32 {
  if (load<u8>(name) == 0) return -EINVAL;
  if (interfaceNamed(name) != null) return -EEXIST;
  let made = spare;
  if (made == null) made = new Bridge('');
  else spare = made.nextSpare;
  nameInterface(made, textAt(name));
  addInterface(made);
  return 0;
}

/** 0, or -ENODEV, -EBUSY: it is up. */
export function removeBridge(name: usize): i32 {
  const bridge = bridgeNamed(name);
  if (bridge == null) return -ENODEV;
  if (bridge.isUp) return -EBUSY;
  for (let port = bridge.first; port != null; port = bridge.first) bridge.remove(port);
  removeRoutesBy(bridge);
  removeInterface(bridge);
  bridge.cache.clear();
  bridge.nextSpare = spare;
  spare = bridge;
  return 0;
}

/** Plugs the interface of an index into a bridge. 0, or -ENODEV, -EINVAL: it is none that can be, -EBUSY: it is plugged in. */
export function plug(name: usize, index: i32): i32 {
  const bridge = bridgeNamed(name);
  const found = interfaceAt(index);
  if (bridge == null || found == null) return -ENODEV;
  const port = portOf(found);
  if (port == null) return -EINVAL;
  if (port.bridge != null) return -EBUSY;
  bridge.add(port);
  return 0;
}

/** 0, or -ENODEV, -EINVAL: it is not plugged in there. */
export function unplug(name: usize, index: i32): i32 {
  const bridge = bridgeNamed(name);
  const port = portOf(interfaceAt(index));
  if (bridge == null) return -ENODEV;
  if (port == null || port.bridge != bridge) return -EINVAL;
  bridge.remove(port);
  return 0;
}

/** What a person calls the host's own bridge, which is there when it starts. */
const HOST_BRIDGE = 'xenbr0';
let host: Bridge | null = null;

/** Makes the bridge that a host begins with. */
export function makeHostBridge(): Bridge {
  const made = new Bridge(HOST_BRIDGE);
  host = made;
  addInterface(made);
  return made;
}
/** The bridge that a host began with; null: this is none. */
export function hostBridge(): Bridge | null {
  return host;
}
