/** Network interfaces for programs: what ifconfig asks of them and changes. */
import * as abi from 'mote/abi';
import { ifreq, rtentry, sockaddr_in, vlan_ioctl_args } from 'mote/abi';
import { ENODEV } from 'xen';
import { control, sleepNs } from './calls';

const request = new StaticArray<u8>(128);
const NAME_BYTES = 15;
/** Between two looks for an interface, and how many. */
const LOOK_NS: u64 = 20_000_000;
const LOOKS = 500;

/** Puts the name into the request, and makes it: its result. */
export function ask(fd: i32, command: i32, name: string): i32 {
  const at = changetype<usize>(request);
  memory.fill(at, 0, ifreq.ifr_addr);
  String.UTF8.encodeUnsafe(changetype<usize>(name), min(name.length, NAME_BYTES), at);
  return control(fd, command, at);
}

/** An address of the answer. */
export function answeredAddress(): u32 {
  return bswap<u32>(load<u32>(changetype<usize>(request), ifreq.ifr_addr + sockaddr_in.sin_addr));
}
/** Where other parts of the answer are. */
export function answer(): usize {
  return changetype<usize>(request);
}

/** Sets an address (SIOCSIFADDR, SIOCSIFNETMASK). */
export function setAddress(fd: i32, command: i32, name: string, value: u32): i32 {
  const at = changetype<usize>(request);
  store<u16>(at, <u16>abi.AF_INET, ifreq.ifr_addr);
  store<u32>(at, bswap<u32>(value), ifreq.ifr_addr + sockaddr_in.sin_addr);
  return ask(fd, command, name);
}

/** Brings an interface up or down. */
export function setUp(fd: i32, name: string, up: bool): i32 {
  store<u16>(changetype<usize>(request), up ? 1 : 0, ifreq.ifr_flags);
  return ask(fd, abi.SIOCSIFFLAGS, name);
}

/** Brings an interface up when it has come, which may take a while: 0, or a negative errno. */
export function awaitUp(fd: i32, name: string): i32 {
  let failed = setUp(fd, name, true);
  for (let look = 0; look < LOOKS && failed == -ENODEV; look++) {
    sleepNs(LOOK_NS);
    failed = setUp(fd, name, true);
  }
  return failed;
}

/** Has a bridge lose frames: so many of a thousand, those that the seed says. */
export function loseFrames(fd: i32, name: string, perMille: u32, seed: u32): i32 {
  store<u32>(changetype<usize>(request), perMille, ifreq.ifr_loss);
  store<u32>(changetype<usize>(request), seed, ifreq.ifr_seed);
  return ask(fd, abi.SIOCBRLOSS, name);
}

/** The number of an interface, or a negative errno. */
export function indexOf(fd: i32, name: string): i32 {
  const failed = ask(fd, abi.SIOCGIFINDEX, name);
  return failed < 0 ? failed : load<i32>(changetype<usize>(request), ifreq.ifr_ifindex);
}

/** Plugs the interface of an index into a bridge, or takes it out (SIOCBRADDIF, SIOCBRDELIF). */
export function changePort(fd: i32, command: i32, bridge: string, index: i32): i32 {
  store<i32>(changetype<usize>(request), index, ifreq.ifr_ifindex);
  return ask(fd, command, bridge);
}

/** Makes (`isAdded`) VLAN `id` of an interface, or takes the VLAN `name` away. */
export function changeVlan(fd: i32, isAdded: bool, name: string, id: i32): i32 {
  const at = changetype<usize>(request);
  memory.fill(at, 0, vlan_ioctl_args.SIZE);
  store<i32>(at, isAdded ? abi.ADD_VLAN_CMD : abi.DEL_VLAN_CMD, vlan_ioctl_args.cmd);
  store<i32>(at, id, vlan_ioctl_args.VID);
  String.UTF8.encodeUnsafe(
    changetype<usize>(name),
    min(name.length, NAME_BYTES),
    at + vlan_ioctl_args.device1,
  );
  return control(fd, abi.SIOCSIFVLAN, at);
}

/** Gives an interface another name. */
export function setName(fd: i32, name: string, wanted: string): i32 {
  const at = changetype<usize>(request) + ifreq.ifr_newname;
  memory.fill(at, 0, NAME_BYTES + 1);
  String.UTF8.encodeUnsafe(changetype<usize>(wanted), min(wanted.length, NAME_BYTES), at);
  return ask(fd, abi.SIOCSIFNAME, name);
}

/** Adds or removes (SIOCADDRT, SIOCDELRT) a route, by the interface `device`, or the one that leads to the gateway. */
export function changeRoute(
  fd: i32,
  command: i32,
  destination: u32,
  mask: u32,
  gateway: u32,
  device: string = '',
): i32 {
  const name = String.UTF8.encode(device, true);
  const at = device == '' ? 0 : changetype<usize>(name);
  store<u64>(changetype<usize>(request), at, rtentry.rt_dev);
  putRoute(rtentry.rt_dst, destination);
  putRoute(rtentry.rt_genmask, mask);
  putRoute(rtentry.rt_gateway, gateway);
  return control(fd, command, changetype<usize>(request));
}

function putRoute(at: usize, value: u32): void {
  store<u16>(changetype<usize>(request) + at, <u16>abi.AF_INET);
  store<u32>(changetype<usize>(request) + at + sockaddr_in.sin_addr, bswap<u32>(value));
}
