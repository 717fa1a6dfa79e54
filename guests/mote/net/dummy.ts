/** Dummy interfaces, `dummy0`: behind them is nobody. They are there for their addresses, or to be the card of a bridge that has none. */
import { EEXIST, EINVAL, ENODEV } from 'xen';
import { textAt } from '../fs/names';
import { BridgePort, setHighest } from './bridge';
import { addInterface, IFF_RUNNING, interfaceNamed, nameInterface, removeInterface } from './interface';
import { removeRoutesBy } from './route';

/** Those that were there once: sockets and packets may know them. */
let spare: Dummy | null = null;

class Dummy extends BridgePort {
  nextSpare: Dummy | null = null;

  deliver(at: usize, bytes: u32, isBlank: bool, segmentBytes: u32): void {}
}

/** One of a NUL-terminated name. 0, or -EEXIST, -EINVAL: it has no name. */
export function addDummy(name: usize): i32 {
  if (load<u8>(name) == 0) return -EINVAL;
  if (interfaceNamed(name) != null) return -EEXIST;
  let made = spare;
  if (made == null) made = new Dummy('');
  else spare = made.nextSpare;
  setHighest(made.hardware);
  made.flags |= IFF_RUNNING;
  nameInterface(made, textAt(name));
  addInterface(made);
  return 0;
}

/** 0, or -ENODEV, -EINVAL: it is another kind. */
export function removeDummy(name: usize): i32 {
  const found = interfaceNamed(name);
  if (found == null) return -ENODEV;
  if (!(found instanceof Dummy)) return -EINVAL;
  const dummy = <Dummy>found;
  const bridge = dummy.bridge;
  if (bridge != null) bridge.remove(dummy);
  removeRoutesBy(dummy);
  removeInterface(dummy);
  dummy.cache.clear();
  dummy.nextSpare = spare;
  spare = dummy;
  return 0;
}
