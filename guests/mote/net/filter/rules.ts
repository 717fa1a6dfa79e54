/** The rules of iptables: chains, in whose order packets are looked at, and what becomes of those that match. */
import { EINVAL, ENOENT, ENOSPC } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { rule as layout } from '../../abi';
import * as abi from '../../abi';
import { Interface } from '../interface';
import { Tuple } from './tuple';

export const CHAINS: i32 = 5;
const NAME_BYTES: usize = 16;
const MAX_RULES: i32 = 128;

export class Rule {
  next: Rule | null = null;
  packets: u64 = 0;
  bytes: u64 = 0;
  /** As programs give it. */
  words: StaticArray<u8> = new StaticArray<u8>(<i32>layout.SIZE);

  constructor(at: usize) {
    memory.copy(this.at, at, layout.SIZE);
    store<u8>(this.at, 0, layout.in_ + NAME_BYTES - 1);
    store<u8>(this.at, 0, layout.out + NAME_BYTES - 1);
  }

  get at(): usize {
    return changetype<usize>(this.words);
  }
  get target(): i32 {
    return load<u8>(this.at, layout.target);
  }
  get toAddress(): u32 {
    return load<u32>(this.at, layout.to_address);
  }
  get toPort(): u32 {
    return load<u16>(this.at, layout.to_port);
  }

  /** Whether connections have to be known for it. */
  get isOfConnections(): bool {
    return isNat(load<u8>(this.at, layout.chain)) || load<u8>(this.at, layout.states) != 0;
  }

  matches(tuple: Tuple, from: Interface | null, to: Interface | null, state: u32): bool {
    const protocol = load<u8>(this.at, layout.protocol);
    const inverted = <u32>load<u8>(this.at, layout.inverted);
    if (protocol != 0 && protocol != <u8>tuple.protocol) return false;
    const states = <u32>load<u8>(this.at, layout.states);
    if (states != 0 && ((states & state) != 0) == ((inverted & abi.NOT_STATES) != 0)) return false;
    if (this.isWithin(tuple.source, layout.source) == ((inverted & abi.NOT_SOURCE) != 0)) return false;
    if (this.isWithin(tuple.destination, layout.destination) == ((inverted & abi.NOT_DESTINATION) != 0))
      return false;
    if (this.isBy(from, layout.in_) == ((inverted & abi.NOT_IN) != 0)) return false;
    if (this.isBy(to, layout.out) == ((inverted & abi.NOT_OUT) != 0)) return false;
    return (
      this.isAmong(tuple.sourcePort, layout.source_ports) &&
      this.isAmong(tuple.destinationPort, layout.destination_ports)
    );
  }

  /** An address, and a mask behind it. */
  private isWithin(address: u32, at: usize): bool {
    const mask = load<u32>(this.at + at + 4);
    return (address & mask) == (load<u32>(this.at + at) & mask);
  }
  /** The name of an interface; without one, any; with a + at its end, what its name begins with. */
  private isBy(by: Interface | null, at: usize): bool {
    const name = this.at + at;
    if (load<u8>(name) == 0) return true;
    if (by == null) return false;
    let n = 0;
    for (; n < by.name.length && load<u8>(name + n) == <u8>by.name.charCodeAt(n); n++) {}
    const end = load<u8>(name + n);
    return end == 43 || (end == 0 && n == by.name.length);
  }
  /** The first port, and the last; 0 and 0: any. */
  private isAmong(port: u32, at: usize): bool {
    const last = <u32>load<u16>(this.at + at + 2);
    return last == 0 || (port >= <u32>load<u16>(this.at + at) && port <= last);
  }

  isSame(other: Rule): bool {
    // But for what is to be done with it, and where.
    return (
      memory.compare(this.at + layout.chain, other.at + layout.chain, layout.position - layout.chain) == 0 &&
      memory.compare(this.at + layout.source, other.at + layout.source, layout.SIZE - layout.source) == 0
    );
  }
}

const first = new StaticArray<Rule | null>(CHAINS);
const policies = new StaticArray<i32>(CHAINS);
let count = 0;
/** Rules that translate addresses, or ask for the state of a connection. */
let tracking = 0;

export function rulesOf(chain: i32): Rule | null {
  return first[chain];
}
export function policyOf(chain: i32): i32 {
  return policies[chain] == 0 ? abi.RULE_ACCEPT : policies[chain];
}
/** Whether connections have to be known at all. */
export function isTracking(): bool {
  return tracking > 0;
}
/** Whether a chain lets everything pass. */
export function isOpen(chain: i32): bool {
  return first[chain] == null && policyOf(chain) == abi.RULE_ACCEPT;
}

function isNat(chain: i32): bool {
  return chain == abi.CHAIN_PREROUTING || chain == abi.CHAIN_POSTROUTING;
}

/** Does what a program asks for: 0, or -EINVAL, -ENOENT, -ENOSPC. */
export function changeRules(at: usize): i32 {
  const what = load<u8>(at, layout.action);
  const chain = <i32>load<u8>(at, layout.chain);
  if (chain >= CHAINS) return -EINVAL;
  if (what == abi.RULE_FLUSH) return flush(chain);
  if (what == abi.RULE_POLICY) {
    policies[chain] = load<u8>(at, layout.target);
    return 0;
  }
  const position = load<u32>(at, layout.position);
  if (what == abi.RULE_DELETE) return remove(chain, new Rule(at), position);
  if (count == MAX_RULES) return -ENOSPC;
  insert(chain, new Rule(at), what == abi.RULE_APPEND ? u32.MAX_VALUE : position);
  return 0;
}

/** `position`: from 1 on. */
function insert(chain: i32, made: Rule, position: u32): void {
  let before: Rule | null = null;
  let after = first[chain];
  for (let n: u32 = 1; after != null && n < position; n++) {
    before = after;
    after = after.next;
  }
  made.next = after;
  if (before == null) first[chain] = made;
  else before.next = made;
  count++;
  if (made.isOfConnections) tracking++;
}

/** Takes away the rule of a position, or, for 0, the first like `pattern`, which is used up. */
function remove(chain: i32, pattern: Rule, position: u32): i32 {
  let before: Rule | null = null;
  let each = first[chain];
  for (let n: u32 = 1; each != null; n++) {
    if (position != 0 ? n == position : each.isSame(pattern)) break;
    before = each;
    each = each.next;
  }
  drop(pattern);
  if (each == null) return -ENOENT;
  if (before == null) first[chain] = each.next;
  else before.next = each.next;
  forget(each);
  return 0;
}

function flush(chain: i32): i32 {
  for (let each = first[chain]; each != null;) {
    const next = each.next;
    forget(each);
    each = next;
  }
  first[chain] = null;
  return 0;
}

function forget(gone: Rule): void {
  count--;
  if (gone.isOfConnections) tracking--;
  drop(gone);
}

function drop(gone: Rule): void {
  dispose(gone.words);
  dispose(gone);
}

/** The rule of a chain that a packet, in a state of its connection, meets first; null: none. */
export function ruleFor(
  chain: i32,
  tuple: Tuple,
  from: Interface | null,
  to: Interface | null,
  bytes: u32,
  state: u32,
): Rule | null {
  for (let each: Rule | null = first[chain]; each != null; each = each!.next)
    if (each.matches(tuple, from, to, state)) {
      each.packets++;
      each.bytes += bytes;
      return each;
    }
  return null;
}
