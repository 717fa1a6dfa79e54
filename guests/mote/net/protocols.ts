/**
 * Who takes what an IPv4 packet carries, by the number of its protocol. ipv4.ts knows no protocol by name: each registers
 * here when the network starts (internet.ts).
 */
import { Packet } from './packet';

/** Takes a packet whose IPv4 header is behind `at`. */
export type Taker = (packet: Packet) => void;
/** Hears that a packet of ours did not arrive: the ends as it bore them, and an errno. */
export type ErrorTaker = (local: u32, localPort: u32, remote: u32, remotePort: u32, errno: i32) => void;

const NUMBERS: i32 = 256;
const takers = new StaticArray<Taker | null>(NUMBERS);
const errorTakers = new StaticArray<ErrorTaker | null>(NUMBERS);
let listener: Taker | null = null;
let otherwise: Taker | null = null;

/** `failed`: null, where a protocol has nobody to tell. */
export function setProtocol(number: i32, taker: Taker, failed: ErrorTaker | null): void {
  assert(takers[number] == null, 'two protocols of one number');
  takers[number] = taker;
  errorTakers[number] = failed;
}

/** Who sees every packet first; it stays its caller's. */
export function setListener(taker: Taker): void {
  listener = taker;
}

/** Who takes the packets of protocols that nobody has. */
export function setOtherwise(taker: Taker): void {
  otherwise = taker;
}

/** Gives a packet to whom it is for. */
export function deliver(packet: Packet): void {
  const hears = listener;
  if (hears != null) hears(packet);
  const taker = takers[packet.protocol];
  if (taker != null) taker(packet);
  else otherwise!(packet);
}

/** Tells who sent a packet of a protocol that it did not arrive. */
export function deliverError(
  protocol: u32,
  local: u32,
  localPort: u32,
  remote: u32,
  remotePort: u32,
  errno: i32,
): void {
  const taker = errorTakers[protocol];
  if (taker != null) taker(local, localPort, remote, remotePort, errno);
}
