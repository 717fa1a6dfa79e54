/** ioctl on a socket: addresses and flags of interfaces, routes. What there is is told by files of /proc/net. */
import { EBUSY, EEXIST, EFAULT, EINVAL, ENODEV } from 'xen';
import { ENETUNREACH, ENOTTY, ifreq, rtentry, rule, sockaddr_in, vlan_ioctl_args } from '../abi';
import * as abi from '../abi';
import { textAt } from '../fs/names';
import { copyIn, copyInString, copyOut } from '../user-memory';
import { announce } from './arp';
import { Bridge } from './bridge';
import { addBridge, plug, removeBridge, unplug } from './bridges';
import { addDummy, removeDummy } from './dummy';
import { EthernetInterface } from './ethernet';
import { changeRules } from './filter/rules';
import { get32, put32 } from './bytes';
import { IFF_RUNNING, IFF_UP, Interface, interfaceNamed, nameInterface } from './interface';
import { addRoute, findRoute, removeRoute, removeRoutesBy } from './route';
import { addVlan, removeVlan } from './vlan';

const HARDWARE_BYTES: usize = 6;
const NAME_BYTES: usize = 16;
const deviceName: usize = memory.data(16);
const request: usize = memory.data(128, 8);

/** 0, or -ENOTTY for a request that is not for sockets, -ENODEV, -EFAULT, -EINVAL. */
export function controlNetwork(command: i32, at: u64): i32 {
  if (command == abi.SIOCADDRT || command == abi.SIOCDELRT) return changeRoute(command, at);
  if (command == abi.SIOCRULE) return copyIn(request, at, rule.SIZE) < 0 ? -EFAULT : changeRules(request);
  if (isOfBridges(command)) return changeBridges(command, at);
  if (command == abi.SIOCSIFVLAN) return changeVlans(at);
  if (command == abi.SIOCADDDUMMY || command == abi.SIOCDELDUMMY) return changeDummies(command, at);
  const asks = isQuestion(command);
  if (!asks && !isChange(command)) return -ENOTTY;
  if (copyIn(request, at, ifreq.SIZE) < 0) return -EFAULT;
  const named = interfaceNamed(request);
  if (named == null) return -ENODEV;
  if (!asks) return change(named, command);
  answer(named, command);
  return copyOut(at, request, ifreq.SIZE);
}

function isQuestion(command: i32): bool {
  if (command == abi.SIOCGIFFLAGS || command == abi.SIOCGIFADDR || command == abi.SIOCGIFNETMASK) return true;
  if (command == abi.SIOCGIFMTU || command == abi.SIOCGIFINDEX) return true;
  return command == abi.SIOCGIFHWADDR;
}
function isChange(command: i32): bool {
  if (command == abi.SIOCSIFFLAGS || command == abi.SIOCSIFADDR) return true;
  if (command == abi.SIOCSIFNETMASK || command == abi.SIOCSIFNAME) return true;
  return command == abi.SIOCBRLOSS;
}

function isOfBridges(command: i32): bool {
  if (command == abi.SIOCBRADDBR || command == abi.SIOCBRDELBR) return true;
  return command == abi.SIOCBRADDIF || command == abi.SIOCBRDELIF;
}

function changeBridges(command: i32, at: u64): i32 {
  const isName = command == abi.SIOCBRADDBR || command == abi.SIOCBRDELBR;
  if (copyIn(request, at, isName ? NAME_BYTES : ifreq.SIZE) < 0) return -EFAULT;
  store<u8>(request + NAME_BYTES - 1, 0);
  if (command == abi.SIOCBRADDBR) return addBridge(request);
  if (command == abi.SIOCBRDELBR) return removeBridge(request);
  const index = load<i32>(request + ifreq.ifr_ifindex);
  return command == abi.SIOCBRADDIF ? plug(request, index) : unplug(request, index);
}

function changeVlans(at: u64): i32 {
  if (copyIn(request, at, vlan_ioctl_args.SIZE) < 0) return -EFAULT;
  const name = request + vlan_ioctl_args.device1;
  store<u8>(name + vlan_ioctl_args.DEVICE_BYTES - 1, 0);
  const command = load<i32>(request, vlan_ioctl_args.cmd);
  if (command == abi.ADD_VLAN_CMD) return addVlan(name, load<i32>(request, vlan_ioctl_args.VID));
  return command == abi.DEL_VLAN_CMD ? removeVlan(name) : -EINVAL;
}

function changeDummies(command: i32, at: u64): i32 {
  if (copyIn(request, at, NAME_BYTES) < 0) return -EFAULT;
  store<u8>(request + NAME_BYTES - 1, 0);
  return command == abi.SIOCADDDUMMY ? addDummy(request) : removeDummy(request);
}

function answer(named: Interface, command: i32): void {
  memory.fill(request + ifreq.ifr_addr, 0, sockaddr_in.SIZE);
  if (command == abi.SIOCGIFFLAGS) store<u16>(request + ifreq.ifr_flags, <u16>named.flags);
  else if (command == abi.SIOCGIFMTU) store<u32>(request + ifreq.ifr_mtu, named.mtu);
  else if (command == abi.SIOCGIFINDEX) store<i32>(request + ifreq.ifr_ifindex, named.index);
  else if (command == abi.SIOCGIFHWADDR)
    memory.copy(request + ifreq.ifr_hwaddr, changetype<usize>(named.hardware), HARDWARE_BYTES);
  else {
    store<u16>(request + ifreq.ifr_addr, <u16>abi.AF_INET);
    const value = command == abi.SIOCGIFADDR ? named.address : named.netmask;
    put32(request + ifreq.ifr_addr + sockaddr_in.sin_addr, value);
  }
}

function change(named: Interface, command: i32): i32 {
  if (command == abi.SIOCSIFFLAGS) {
    const up = load<u16>(request + ifreq.ifr_flags) & IFF_UP;
    named.flags = (named.flags & ~(IFF_UP | IFF_RUNNING)) | (up ? IFF_UP | IFF_RUNNING : 0);
    return 0;
  }
  if (command == abi.SIOCBRLOSS) return lose(named);
  if (command == abi.SIOCSIFNAME) return rename(named);
  const value = get32(request + ifreq.ifr_addr + sockaddr_in.sin_addr);
  if (command == abi.SIOCSIFADDR) return move(named, value, maskOf(value));
  return move(named, named.address, value);
}

/** 0, or -EEXIST, -EINVAL, -EBUSY: it is up. */
function rename(named: Interface): i32 {
  const name = request + ifreq.ifr_newname;
  store<u8>(name + NAME_BYTES - 1, 0);
  if (load<u8>(name) == 0) return -EINVAL;
  if (named.isUp) return -EBUSY;
  if (interfaceNamed(name) != null) return -EEXIST;
  nameInterface(named, textAt(name));
  return 0;
}

const HOST_MASK: u32 = 0xffff_ffff;
const MILLE: u32 = 1000;

/** A bridge is to lose frames. */
function lose(named: Interface): i32 {
  const perMille = load<u32>(request + ifreq.ifr_loss);
  if (!(named instanceof Bridge) || perMille > MILLE) return -EINVAL;
  (<Bridge>named).losses.set(perMille, load<u32>(request + ifreq.ifr_seed));
  return 0;
}

/** The mask of an address that comes without one: that of its class. */
function maskOf(address: u32): u32 {
  if (address >> 31 == 0) return 0xff00_0000;
  return address >> 30 == 2 ? 0xffff_0000 : 0xffff_ff00;
}

/** Gives an interface an address: its network is reached by it from now on. */
function move(named: Interface, address: u32, mask: u32): i32 {
  if ((~mask & (~mask + 1)) != 0) return -EINVAL;
  removeRoute(named.address & named.netmask, named.netmask, named);
  named.address = address;
  named.netmask = mask;
  // Without an address there is no way by it, to no gateway either.
  if (address == 0) {
    removeRoutesBy(named);
    return 0;
  }
  named.flags |= IFF_UP | IFF_RUNNING;
  if (named instanceof EthernetInterface) announce(<EthernetInterface>named);
  // Of a network of one there is nobody else.
  return mask == HOST_MASK ? 0 : addRoute(address & mask, mask, 0, named);
}

function changeRoute(command: i32, at: u64): i32 {
  if (copyIn(request, at, rtentry.SIZE) < 0) return -EFAULT;
  const destination = get32(request + rtentry.rt_dst + sockaddr_in.sin_addr);
  const mask = get32(request + rtentry.rt_genmask + sockaddr_in.sin_addr);
  const gateway = get32(request + rtentry.rt_gateway + sockaddr_in.sin_addr);
  const device = load<u64>(request + rtentry.rt_dev);
  let by: Interface | null = null;
  if (device != 0) {
    if (copyInString(deviceName, device, NAME_BYTES) < 0) return -EFAULT;
    by = interfaceNamed(deviceName);
    if (by == null) return -ENODEV;
  }
  if (command == abi.SIOCDELRT) return removeRoute(destination, mask, by);
  if (gateway == 0 && by != null) return addRoute(destination, mask, 0, by);
  const way = findRoute(gateway);
  if (gateway == 0 || way == null || way.gateway != 0) return -ENETUNREACH;
  return addRoute(destination, mask, gateway, by == null ? way.interface_ : by);
}
