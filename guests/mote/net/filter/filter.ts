/**
 * Where packets meet the rules: before it is known whom they are for, on their way in, through, and out. Where a rule asks for
 * it, what has passed begins a connection, so that it is known what answers it.
 */
import * as abi from '../../abi';
import { setPassing } from '../forward';
import { ICMP_UNREACHABLE, tellSender, UNREACHABLE_PORT } from '../icmp';
import { Interface } from '../interface';
import { setBeforehand, setIncoming, setLeaving } from '../ipv4';
import { Packet } from '../packet';
import { Route } from '../route';
import { isOpen, isTracking, policyOf, ruleFor } from './rules';
import {
  answeredBy,
  asItCame,
  begin,
  comesFrom,
  Connection,
  connectionOf,
  current,
  isKnown,
  setCurrent,
} from './translations';
import { Tuple } from './tuple';

const tuple = new Tuple();
/** What an error is about. */
const quoted = new Tuple();

export function initFilter(): void {
  setBeforehand(translateArriving);
  setPassing(pass);
  setIncoming((packet: Packet) => {
    if (!isOpen(abi.CHAIN_INPUT) && !judge(abi.CHAIN_INPUT, packet, packet.interface_, null)) return false;
    remember(packet);
    return true;
  });
  setLeaving((packet: Packet, by: Interface) => {
    if (!isTracking()) return isOpen(abi.CHAIN_OUTPUT) || judge(abi.CHAIN_OUTPUT, packet, null, by);
    find(packet);
    if (!isOpen(abi.CHAIN_OUTPUT) && !judge(abi.CHAIN_OUTPUT, packet, null, by)) return false;
    remember(packet);
    return true;
  });
}

/** Finds the connection of a packet of this machine's own. */
function find(packet: Packet): void {
  setCurrent(null, false);
  if (!tuple.read(packet)) return;
  const connection = connectionOf(tuple);
  if (connection != null) setCurrent(connection, false);
  else answer(answeredBy(tuple));
}

/** The packet that is on its way answers a connection. */
function answer(connection: Connection | null): void {
  if (connection == null) return;
  setCurrent(connection, true);
  connection.isAnswered = true;
}

/** What has passed, to this machine or from it, and is of no connection yet begins one. */
function remember(packet: Packet): void {
  if (!isTracking() || current != null || !tuple.read(packet)) return;
  begin(tuple).isSettled = true;
}

/** What the packet that is on its way is of its connection: STATE_*. Pieces of packets are of none. */
function stateOf(packet: Packet): u32 {
  const connection = current;
  if (connection != null) return connection.isAnswered ? abi.STATE_ESTABLISHED : abi.STATE_NEW;
  if (tuple.read(packet)) return abi.STATE_NEW;
  return quoted.readQuoted(packet) && isKnown(quoted) ? abi.STATE_RELATED : abi.STATE_INVALID;
}

/** PREROUTING: where it is to go. Answers go back to where their connection came from. */
function translateArriving(packet: Packet): bool {
  setCurrent(null, false);
  if (!isTracking() || !tuple.read(packet)) return true;
  const connection = connectionOf(tuple);
  if (connection != null) {
    setCurrent(connection, false);
    const goes = connection.goes;
    if (!connection.came.isSame(goes))
      tuple.write(packet, goes.source, goes.sourcePort, goes.destination, goes.destinationPort);
    return true;
  }
  const answered = answeredBy(tuple);
  if (answered != null) {
    answer(answered);
    const came = answered.came;
    if (!came.isSame(answered.goes))
      tuple.write(packet, came.destination, came.destinationPort, came.source, came.sourcePort);
    return true;
  }
  const rule = ruleFor(abi.CHAIN_PREROUTING, tuple, packet.interface_, null, packet.bytes, abi.STATE_NEW);
  if (rule == null || rule.target != abi.RULE_DNAT) return true;
  const made = begin(tuple);
  made.goes.destination = rule.toAddress;
  if (rule.toPort != 0) made.goes.destinationPort = rule.toPort;
  setCurrent(made, false);
  tuple.write(
    packet,
    made.goes.source,
    made.goes.sourcePort,
    made.goes.destination,
    made.goes.destinationPort,
  );
  return true;
}

/** FORWARD, then POSTROUTING: whether it passes, and as whose packet. */
function pass(packet: Packet, route: Route): bool {
  const out = route.interface_;
  if (!isOpen(abi.CHAIN_FORWARD) && !judge(abi.CHAIN_FORWARD, packet, packet.interface_, out)) return false;
  const known = current;
  if (!isTracking() || (known != null && known.isSettled)) return true;
  if (!tuple.read(packet)) return true;
  const connection = known != null ? known : begin(tuple);
  connection.isSettled = true;
  const rule = ruleFor(abi.CHAIN_POSTROUTING, tuple, null, out, packet.bytes, abi.STATE_NEW);
  if (rule == null || (rule.target != abi.RULE_MASQUERADE && rule.target != abi.RULE_SNAT)) return true;
  comesFrom(connection, rule.target == abi.RULE_SNAT ? rule.toAddress : out.address);
  const goes = connection.goes;
  tuple.write(packet, goes.source, goes.sourcePort, goes.destination, goes.destinationPort);
  return true;
}

/** What a chain says of a packet. False: it does not pass, and is gone. */
function judge(chain: i32, packet: Packet, from: Interface | null, to: Interface | null): bool {
  const state = isTracking() ? stateOf(packet) : 0;
  tuple.read(packet);
  const rule = ruleFor(chain, tuple, from, to, packet.bytes, state);
  const verdict = rule == null ? policyOf(chain) : rule.target;
  if (verdict == abi.RULE_ACCEPT) return true;
  if (verdict == abi.RULE_REJECT && from != null) {
    asItCame(packet);
    packet.header = packet.at;
    packet.pull(<u32>(load<u8>(packet.at) & 15) * 4);
    tellSender(packet, ICMP_UNREACHABLE, UNREACHABLE_PORT);
  }
  packet.free();
  return false;
}
