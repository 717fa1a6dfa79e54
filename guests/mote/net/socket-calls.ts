/** System calls on sockets. Addresses cross as struct sockaddr_in. */
import { EBADF, EFAULT, EINVAL, EMSGSIZE, ENFILE, ENODEV, ENOBUFS, ENOTCONN, ENOTSOCK } from 'xen';
import { alloc, free } from 'kernel/memory/heap';
import { isMemoryLow } from 'kernel/memory/pages';
import * as abi from '../abi';
import { descriptors } from '../fs/descriptors';
import { setSyscall } from '../syscall-table';
import { copyIn, copyOut } from '../user-memory';
import { get16, get32, put16, put32 } from './bytes';
import { interfaceNamed } from './interface';
import { RawSocket } from './raw';
import { acceptFailure, senderAddress, senderPort, Socket } from './socket';
import { newTcpSocket, TcpSocket } from './tcp/socket';
import { UdpSocket } from './udp';

/** The largest datagram that crosses; more of a stream goes in pieces. */
const MAX_BYTES: u64 = 65536;
const PIECE: u64 = 4096;
/** Bits of `socket`'s type beside it. */
const TYPE_MASK: i32 = 15;

const address: usize = memory.data(16, 8);
const number: usize = memory.data(8, 8);

export function initSocketCalls(): void {
  setSyscall(abi.SYS_socket, socket);
  setSyscall(abi.SYS_bind, bind);
  setSyscall(abi.SYS_connect, connect);
  setSyscall(abi.SYS_listen, listen);
  setSyscall(abi.SYS_accept, accept);
  setSyscall(abi.SYS_sendto, sendTo);
  setSyscall(abi.SYS_recvfrom, receiveFrom);
  setSyscall(abi.SYS_shutdown, shutdown);
  setSyscall(abi.SYS_getsockname, getsockname);
  setSyscall(abi.SYS_getpeername, getpeername);
  setSyscall(abi.SYS_setsockopt, setsockopt);
  setSyscall(abi.SYS_getsockopt, getsockopt);
}

let failed: i32 = 0;

/** The socket of a descriptor; null: `failed`. */
function socketAt(fd: u64): Socket | null {
  const file = descriptors().at(<i32>fd);
  if (file != null && file instanceof Socket) return <Socket>file;
  failed = file == null ? -EBADF : -ENOTSOCK;
  return null;
}

/** Reads a struct sockaddr_in to `address`. 0, -EFAULT, -EINVAL, -EAFNOSUPPORT. */
function readAddress(at: u64, bytes: u64): i32 {
  if (bytes < <u64>abi.sockaddr_in.SIZE) return -EINVAL;
  if (copyIn(address, at, abi.sockaddr_in.SIZE) < 0) return -EFAULT;
  return load<u16>(address) == <u16>abi.AF_INET ? 0 : -abi.EAFNOSUPPORT;
}

/** Writes one, as much as there is room for, and its length. 0, or -EFAULT. `at` 0: nobody wants it. */
function writeAddress(at: u64, bytesAt: u64, host: u32, port: u32): i32 {
  if (at == 0) return 0;
  if (copyIn(number, bytesAt, 4) < 0) return -EFAULT;
  memory.fill(address, 0, abi.sockaddr_in.SIZE);
  store<u16>(address, <u16>abi.AF_INET);
  put16(address + abi.sockaddr_in.sin_port, port);
  put32(address + abi.sockaddr_in.sin_addr, host);
  const room = min(load<u32>(number), <u32>abi.sockaddr_in.SIZE);
  store<u32>(number, <u32>abi.sockaddr_in.SIZE);
  return copyOut(at, address, room) < 0 || copyOut(bytesAt, number, 4) < 0 ? -EFAULT : 0;
}

function givenHost(): u32 {
  return get32(address + abi.sockaddr_in.sin_addr);
}
function givenPort(): u32 {
  return get16(address + abi.sockaddr_in.sin_port);
}

function socket(family: u64, kind: u64, protocol: u64, d: u64, e: u64, f: u64): i64 {
  if (<i32>family != abi.AF_INET) return -abi.EAFNOSUPPORT;
  if (isMemoryLow()) return -ENFILE;
  const type = (<i32>kind) & TYPE_MASK;
  const made = make(type, <i32>protocol);
  if (made == null) return failed;
  made.flags |= (<i32>kind) & abi.O_NONBLOCK;
  const files = descriptors();
  const fd = files.add(made, 0);
  if (fd >= 0) files.setCloseOnExec(fd, ((<i32>kind) & abi.O_CLOEXEC) != 0);
  return fd;
}

function make(type: i32, protocol: i32): Socket | null {
  if (type == abi.SOCK_STREAM && (protocol == 0 || protocol == abi.IPPROTO_TCP)) {
    failed = -ENOBUFS;
    return newTcpSocket();
  }
  if (type == abi.SOCK_DGRAM && (protocol == 0 || protocol == abi.IPPROTO_UDP)) return new UdpSocket();
  if (type == abi.SOCK_RAW && protocol > 0 && protocol < 256) return new RawSocket(protocol);
  failed = -abi.EPROTONOSUPPORT;
  return null;
}

function bind(fd: u64, at: u64, bytes: u64, d: u64, e: u64, f: u64): i64 {
  const found = socketAt(fd);
  if (found == null) return failed;
  const wrong = readAddress(at, bytes);
  return wrong < 0 ? wrong : found.bind(givenHost(), givenPort());
}

function connect(fd: u64, at: u64, bytes: u64, d: u64, e: u64, f: u64): i64 {
  const found = socketAt(fd);
  if (found == null) return failed;
  const wrong = readAddress(at, bytes);
  if (wrong < 0) return wrong;
  found.get();
  const result = found.connect(givenHost(), givenPort());
  found.put();
  return result;
}

function listen(fd: u64, backlog: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const found = socketAt(fd);
  return found == null ? failed : found.listen(<i32>backlog);
}

function accept(fd: u64, at: u64, bytesAt: u64, d: u64, e: u64, f: u64): i64 {
  const found = socketAt(fd);
  if (found == null) return failed;
  found.get();
  const came = found.accept();
  found.put();
  if (came == null) return acceptFailure;
  if (writeAddress(at, bytesAt, came.remoteAddress, came.remotePort) < 0) {
    came.put();
    return -EFAULT;
  }
  return descriptors().add(came, 0);
}

function sendTo(fd: u64, from: u64, bytes: u64, flags: u64, at: u64, addressBytes: u64): i64 {
  const found = socketAt(fd);
  if (found == null) return failed;
  let host: u32 = 0;
  let port: u32 = 0;
  if (at != 0) {
    const wrong = readAddress(at, addressBytes);
    if (wrong < 0) return wrong;
    host = givenHost();
    port = givenPort();
  }
  if (bytes > MAX_BYTES && !(found instanceof TcpSocket)) return -EMSGSIZE;
  const mayWait = found.mayWait && ((<i32>flags) & abi.MSG_DONTWAIT) == 0;
  // A datagram goes whole, a stream as far as one piece does: who sends more calls again.
  const count = <usize>min(bytes, found instanceof TcpSocket ? PIECE : MAX_BYTES);
  const buffer = alloc(max(count, 1));
  found.get();
  const done = copyIn(buffer, from, count) < 0 ? -EFAULT : found.sendTo(buffer, count, host, port, mayWait);
  found.put();
  free(buffer);
  return done;
}

function receiveFrom(fd: u64, to: u64, bytes: u64, flags: u64, at: u64, bytesAt: u64): i64 {
  const found = socketAt(fd);
  if (found == null) return failed;
  const mayWait = found.mayWait && ((<i32>flags) & abi.MSG_DONTWAIT) == 0;
  const count = <usize>min(bytes, found instanceof TcpSocket ? PIECE : MAX_BYTES);
  const buffer = alloc(max(count, 1));
  found.get();
  let done = found.receiveFrom(buffer, count, mayWait);
  found.put();
  if (
    done >= 0 &&
    (copyOut(to, buffer, done) < 0 || writeAddress(at, bytesAt, senderAddress, senderPort) < 0)
  )
    done = -EFAULT;
  free(buffer);
  return done;
}

function shutdown(fd: u64, how: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const found = socketAt(fd);
  if (found == null) return failed;
  return <i32>how > abi.SHUT_RDWR ? -EINVAL : found.shutdown(<i32>how);
}

function getsockname(fd: u64, at: u64, bytesAt: u64, d: u64, e: u64, f: u64): i64 {
  const found = socketAt(fd);
  return found == null ? failed : writeAddress(at, bytesAt, found.localAddress, found.localPort);
}

function getpeername(fd: u64, at: u64, bytesAt: u64, d: u64, e: u64, f: u64): i64 {
  const found = socketAt(fd);
  if (found == null) return failed;
  return found.remoteAddress == 0
    ? -ENOTCONN
    : writeAddress(at, bytesAt, found.remoteAddress, found.remotePort);
}

function setsockopt(fd: u64, level: u64, option: u64, at: u64, bytes: u64, f: u64): i64 {
  const found = socketAt(fd);
  if (found == null) return failed;
  if (<i32>level == abi.SOL_SOCKET && <i32>option == abi.SO_BINDTODEVICE && found instanceof UdpSocket)
    return bindToDevice(<UdpSocket>found, at, bytes);
  if (bytes < 4) return -EINVAL;
  if (copyIn(number, at, 4) < 0) return -EFAULT;
  const value = load<i32>(number);
  if (<i32>level == abi.SOL_SOCKET && <i32>option == abi.SO_REUSEADDR) return 0;
  const isSending = <i32>option == abi.SO_SNDBUF;
  if (<i32>level == abi.SOL_SOCKET && (isSending || <i32>option == abi.SO_RCVBUF)) {
    if (found instanceof TcpSocket) (<TcpSocket>found).resize(isSending, max(value, 0));
    return 0;
  }
  if (<i32>level == abi.IPPROTO_TCP && <i32>option == abi.TCP_NODELAY && found instanceof TcpSocket) {
    (<TcpSocket>found).connection.noDelay = value != 0;
    return 0;
  }
  if (<i32>level == abi.IPPROTO_IP && <i32>option == abi.IP_TTL && found instanceof RawSocket) {
    if (value < 1 || value > 255) return -EINVAL;
    (<RawSocket>found).ttl = value;
    return 0;
  }
  return -abi.ENOPROTOOPT;
}

/** `address` has room for a name, and a NUL behind it. */
function bindToDevice(socket: UdpSocket, at: u64, bytes: u64): i64 {
  if (bytes >= <u64>abi.sockaddr_in.SIZE) return -EINVAL;
  memory.fill(address, 0, abi.sockaddr_in.SIZE);
  if (copyIn(address, at, <usize>bytes) < 0) return -EFAULT;
  const device = interfaceNamed(address);
  if (device == null) return -ENODEV;
  socket.device = device;
  return 0;
}

function getsockopt(fd: u64, level: u64, option: u64, at: u64, bytesAt: u64, f: u64): i64 {
  const found = socketAt(fd);
  if (found == null) return failed;
  if (<i32>level != abi.SOL_SOCKET) return -abi.ENOPROTOOPT;
  if (copyIn(number, bytesAt, 4) < 0) return -EFAULT;
  if (load<u32>(number) < 4) return -EINVAL;
  if (<i32>option == abi.SO_ERROR) store<i32>(number, -found.takeError());
  else if (<i32>option == abi.SO_TYPE) store<i32>(number, found.type);
  else return -abi.ENOPROTOOPT;
  if (copyOut(at, number, 4) < 0) return -EFAULT;
  store<u32>(number, 4);
  return copyOut(bytesAt, number, 4);
}
