/** What an iptables rule says, as the ABI's `rule`. */
import * as abi from 'mote/abi';
import { rule as layout } from 'mote/abi';
import { networkOf } from 'programs/lib/networks';
import { address, badAddress } from 'programs/lib/sockets';
import { bad, number } from 'programs/lib/text';
import { mayTarget, PROTOCOL_NUMBERS, PROTOCOLS, CHAINS, STATES, TARGETS } from './chains';

/** What was wrong with a rule. */
export let ruleProblem: string = '';

const NAME_BYTES: i32 = 15;
const MOST_PORT: i64 = 65535;
/** Options that have two names. */
const LONG: string[] = [
  '--protocol',
  '--proto',
  '--source',
  '--src',
  '--destination',
  '--dst',
  '--in-interface',
  '--out-interface',
  '--jump',
  '--match',
  '--source-port',
  '--destination-port',
  '--to',
  '--to-source',
  '--to-ports',
  '--ctstate',
];
const SHORT: string[] = [
  '-p',
  '-p',
  '-s',
  '-s',
  '-d',
  '-d',
  '-i',
  '-o',
  '-j',
  '-m',
  '--sport',
  '--dport',
  '--to-destination',
  '--to-destination',
  '--to-destination',
  '--state',
];

function fail(what: string): bool {
  if (ruleProblem == '') ruleProblem = what;
  return false;
}

/** Puts a rule into `words`. False: `ruleProblem`. */
export function parseRule(options: string[], chain: i32, words: StaticArray<u8>): bool {
  ruleProblem = '';
  const at = changetype<usize>(words);
  memory.fill(at, 0, layout.SIZE);
  let isNot = false;
  let target = '';
  for (let n = 0; n < options.length && ruleProblem == ''; n++) {
    if (options[n] == '!') {
      isNot = true;
      continue;
    }
    const long = LONG.indexOf(options[n]);
    const option = long >= 0 ? SHORT[long] : options[n];
    const value = n + 1 < options.length ? options[++n] : '';
    if (value == '') return fail('option "' + option + '" requires an argument');
    if (option == '-j') target = value;
    else if (!take(at, option, value, isNot)) fail('unknown option "' + option + '"');
    isNot = false;
  }
  return ruleProblem == '' && takeTarget(at, chain, target);
}

function takeTarget(at: usize, chain: i32, target: string): bool {
  if (target == '') return fail('a rule is to say what becomes of packets: -j TARGET');
  if (!TARGETS.includes(target))
    return fail("Couldn't load target `" + target + "': there is none of this name");
  if (!mayTarget(chain, target)) return fail('target ' + target + ' is not for the chain ' + CHAINS[chain]);
  store<u8>(at, <u8>TARGETS.indexOf(target), layout.target);
  const isTo = load<u32>(at, layout.to_address) != 0;
  if ((target == 'DNAT' || target == 'SNAT') != isTo)
    return fail(target + (isTo ? ': --to is not for it' : ': You must specify --to'));
  const hasPorts =
    load<u16>(at, layout.source_ports + 2) != 0 || load<u16>(at, layout.destination_ports + 2) != 0;
  const protocol = load<u8>(at, layout.protocol);
  return protocol == 6 || protocol == 17 || !hasPorts || fail('ports are of tcp and udp: -p tcp');
}

function take(at: usize, option: string, value: string, isNot: bool): bool {
  if (option == '-p') return takeProtocol(at, value);
  if (option == '-s') return takeNetwork(at + layout.source, value) && invert(at, abi.NOT_SOURCE, isNot);
  if (option == '-d')
    return takeNetwork(at + layout.destination, value) && invert(at, abi.NOT_DESTINATION, isNot);
  if (option == '-i') return takeName(at + layout.in_, value) && invert(at, abi.NOT_IN, isNot);
  if (option == '-o') return takeName(at + layout.out, value) && invert(at, abi.NOT_OUT, isNot);
  if (option == '--sport') return takePorts(at + layout.source_ports, value);
  if (option == '--dport') return takePorts(at + layout.destination_ports, value);
  if (option == '--to-destination') return takeEnd(at, value);
  if (option == '--state') return takeStates(at, value) && invert(at, abi.NOT_STATES, isNot);
  if (option == '--reject-with')
    return value == 'icmp-port-unreachable' || fail(value + ': there is icmp-port-unreachable');
  // They only say where options come from.
  if (option == '-m')
    return (
      value == 'tcp' ||
      value == 'udp' ||
      value == 'icmp' ||
      value == 'state' ||
      value == 'conntrack' ||
      fail("Couldn't load match `" + value + "': there is none of this name")
    );
  return false;
}

function invert(at: usize, bit: u32, isNot: bool): bool {
  if (isNot) store<u8>(at, <u8>((<u32>load<u8>(at, layout.inverted)) | bit), layout.inverted);
  return true;
}

function takeProtocol(at: usize, value: string): bool {
  const known = PROTOCOLS.indexOf(value);
  if (known < 0) return fail('unknown protocol "' + value + '" specified');
  store<u8>(at, <u8>PROTOCOL_NUMBERS[known], layout.protocol);
  return true;
}

function takeNetwork(at: usize, value: string): bool {
  const network = networkOf(value);
  if (network == null) return fail('host/network `' + value + "' not found");
  store<u32>(at, network.address & network.mask);
  store<u32>(at + 4, network.mask);
  return true;
}

function takeName(at: usize, value: string): bool {
  String.UTF8.encodeUnsafe(changetype<usize>(value), min(value.length, NAME_BYTES), at);
  return true;
}

/** PORT or FIRST:LAST. */
function takePorts(at: usize, value: string): bool {
  const bounds = value.split(':');
  const first = number(bounds[0]);
  let wrong = bad || first < 0 || bounds.length > 2;
  const last = bounds.length == 2 ? number(bounds[1]) : first;
  wrong = wrong || bad || last < first || last > MOST_PORT || last == 0;
  if (wrong) return fail('invalid port/service `' + value + "' specified");
  store<u16>(at, <u16>first);
  store<u16>(at + 2, <u16>last);
  return true;
}

/** STATE,STATE,... */
function takeStates(at: usize, value: string): bool {
  const names = value.split(',');
  let states: u32 = 0;
  for (let n = 0; n < names.length; n++) {
    const state = STATES.indexOf(names[n]);
    if (state < 0) return fail('Bad state "' + names[n] + '"');
    states |= 1 << state;
  }
  store<u8>(at, <u8>states, layout.states);
  return true;
}

/** ADDRESS or ADDRESS:PORT. */
function takeEnd(at: usize, value: string): bool {
  const parts = value.split(':');
  const to = address(parts[0]);
  let wrong = badAddress || to == 0;
  const port = parts.length == 2 ? number(parts[1]) : 0;
  wrong = wrong || parts.length > 2 || (parts.length == 2 && (bad || port < 1 || port > MOST_PORT));
  if (wrong) return fail('Bad IP address "' + value + '"');
  store<u32>(at, to, layout.to_address);
  store<u16>(at, <u16>port, layout.to_port);
  return true;
}
