/** Routes: which interface leads to an address, and by way of whom. The longest mask that fits wins. */
import { EEXIST, EINVAL, ENOSPC, ESRCH } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { Interface, interfaceOf, interfaces, isOurs } from './interface';

const MAX_ROUTES: i32 = 32;

export class Route {
  destination: u32;
  mask: u32;
  /** Who takes it further; 0: the destination is on the interface's own network. */
  gateway: u32;
  interface_: Interface;
  next: Route | null = null;

  constructor(destination: u32, mask: u32, gateway: u32, by: Interface) {
    this.destination = destination;
    this.mask = mask;
    this.gateway = gateway;
    this.interface_ = by;
  }
}

let first: Route | null = null;
let count = 0;

/** All of them, the longest masks first. */
export function routes(): Route | null {
  return first;
}

/** 0, or -EINVAL for a destination with bits outside its mask, -EEXIST, -ENOSPC. */
export function addRoute(destination: u32, mask: u32, gateway: u32, by: Interface): i32 {
  // A mask is ones, then zeroes.
  if ((destination & ~mask) != 0 || (~mask & (~mask + 1)) != 0) return -EINVAL;
  if (count == MAX_ROUTES) return -ENOSPC;
  let before: Route | null = null;
  let after = first;
  while (after != null && after.mask >= mask) {
    const isSame = after.destination == destination && after.mask == mask;
    // Two interfaces may be on one network.
    if (isSame && (gateway != 0 || after.interface_ == by)) return -EEXIST;
    before = after;
    after = after.next;
  }
  const made = new Route(destination, mask, gateway, by);
  made.next = after;
  if (before == null) first = made;
  else before.next = made;
  count++;
  return 0;
}

/** Takes away a route; `by` null: by whichever interface. 0, or -ESRCH: there is none. */
export function removeRoute(destination: u32, mask: u32, by: Interface | null): i32 {
  let before: Route | null = null;
  for (let each: Route | null = first; each != null; each = each!.next) {
    if (each.destination == destination && each.mask == mask && (by == null || each.interface_ == by)) {
      if (before == null) first = each.next;
      else before.next = each.next;
      dispose(each);
      count--;
      return 0;
    }
    before = each;
  }
  return -ESRCH;
}

/** Takes away all routes by an interface. */
export function removeRoutesBy(by: Interface): void {
  let each = first;
  while (each != null) {
    const next = each.next;
    if (each.interface_ == by) removeRoute(each.destination, each.mask, by);
    each = next;
  }
}

/** The route to an address; null: there is none. */
export function findRoute(destination: u32): Route | null {
  // What is for ourselves goes by the loopback, whichever interface has the address.
  if (interfaceOf(destination) != null) destination = interfaces()!.address;
  for (let each: Route | null = first; each != null; each = each!.next)
    if ((destination & each.mask) == each.destination && each.interface_.isUp) return each;
  return null;
}

/** The address that packets to `destination` come from; 0: there is no way. */
export function sourceFor(destination: u32): u32 {
  if (isOurs(destination) && interfaceOf(destination) != null) return destination;
  const route = findRoute(destination);
  return route == null ? 0 : route.interface_.address;
}
