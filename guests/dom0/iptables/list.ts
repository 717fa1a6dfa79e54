/** How iptables tells of the rules that there are, as /proc/net/iptables has them. */
import * as abi from 'mote/abi';
import { print, readFile } from 'programs/lib/io';
import { Network } from 'programs/lib/networks';
import { addressText } from 'programs/lib/sockets';
import { number } from 'programs/lib/text';
import { CHAINS, PROTOCOL_NUMBERS, PROTOCOLS, STATES, TARGETS } from './chains';

/** A line's numbers, as proc-rules.ts of the kernel puts them. */
class Known {
  constructor(private fields: string[]) {}

  private at(n: i32): i64 {
    return number(this.fields[n + 1]);
  }
  get target(): string {
    return TARGETS[<i32>this.at(0)];
  }
  get protocol(): string {
    return PROTOCOLS[PROTOCOL_NUMBERS.indexOf(<i32>this.at(1))];
  }
  isNot(bit: u32): bool {
    return ((<u32>this.at(2)) & bit) != 0;
  }
  get source(): string {
    return this.network(3, abi.NOT_SOURCE);
  }
  get destination(): string {
    return this.network(5, abi.NOT_DESTINATION);
  }
  private network(n: i32, bit: u32): string {
    const network = new Network(<u32>this.at(n), <u32>this.at(n + 1), '');
    const text = addressText(network.address) + (network.bits == 32 ? '' : '/' + network.bits.toString());
    return (this.isNot(bit) ? '!' : '') + text;
  }
  /** `FIRST:LAST`, or one; empty: any. */
  ports(n: i32): string {
    const first = this.fields[n + 1];
    const last = this.fields[n + 2];
    return last == '0' ? '' : first == last ? first : first + ':' + last;
  }
  get sourcePorts(): string {
    return this.ports(8);
  }
  get destinationPorts(): string {
    return this.ports(10);
  }
  get to(): string {
    if (this.at(7) == 0) return '';
    return addressText(<u32>this.at(7)) + (this.at(12) == 0 ? '' : ':' + this.at(12).toString());
  }
  get packets(): string {
    return this.fields[14];
  }
  get bytes(): string {
    return this.fields[15];
  }
  get in_(): string {
    return this.fields[16];
  }
  get out(): string {
    return this.fields[17];
  }
  /** Empty: any. */
  get states(): string {
    const bits = this.at(17);
    const names: string[] = [];
    for (let n = 0; n < STATES.length; n++) if (((bits >> n) & 1) != 0) names.push(STATES[n]);
    return names.join(',');
  }
}

/** The policy of a chain, and its rules. */
let policy: string = '';
function rulesOf(chain: i32): Known[] {
  const text = readFile('/proc/net/iptables');
  const lines = (text == null ? '' : text).split('\n');
  const found: Known[] = [];
  let isIn = false;
  for (let n = 0; n < lines.length; n++) {
    const fields = lines[n].split(' ');
    if (fields[0] == 'chain') {
      isIn = fields[1] == chain.toString();
      if (isIn) policy = TARGETS[<i32>number(fields[2])];
    } else if (fields[0] == 'rule' && isIn) found.push(new Known(fields));
  }
  return found;
}

/** Behind the columns: ports, states, and where packets go to. */
function detailsOf(rule: Known): string {
  let text = '';
  if (rule.sourcePorts != '') text += ' ' + rule.protocol + ' ' + portsText('spt', rule.sourcePorts);
  if (rule.destinationPorts != '')
    text += ' ' + rule.protocol + ' ' + portsText('dpt', rule.destinationPorts);
  if (rule.states != '') text += (rule.isNot(abi.NOT_STATES) ? ' ! state ' : ' state ') + rule.states;
  return rule.to == '' ? text : text + ' to:' + rule.to;
}

function portsText(name: string, ports: string): string {
  return name + (ports.includes(':') ? 's:' : ':') + ports;
}

/** As `iptables -L -n`, or with -v. */
export function list(chain: i32, isVerbose: bool): void {
  const rules = rulesOf(chain);
  print('Chain ' + CHAINS[chain] + ' (policy ' + policy + ')\n');
  print(
    isVerbose
      ? ' pkts bytes target     prot opt in     out     source               destination         \n'
      : 'target     prot opt source               destination         \n',
  );
  for (let n = 0; n < rules.length; n++) {
    const rule = rules[n];
    const before = isVerbose ? rule.packets.padStart(5) + rule.bytes.padStart(6) + ' ' : '';
    const cards = isVerbose ? rule.in_.padEnd(6) + ' ' + rule.out.padEnd(6) + '  ' : '';
    const ends = rule.source.padEnd(20) + ' ' + rule.destination.padEnd(20);
    print(
      before +
        rule.target.padEnd(10) +
        ' ' +
        rule.protocol.padEnd(4) +
        ' --  ' +
        cards +
        ends +
        detailsOf(rule) +
        '\n',
    );
  }
}

/** As `iptables -S`: what would make them. */
export function specify(chain: i32): void {
  const rules = rulesOf(chain);
  print('-P ' + CHAINS[chain] + ' ' + policy + '\n');
  for (let n = 0; n < rules.length; n++)
    print('-A ' + CHAINS[chain] + matchesOf(rules[n]) + ' -j ' + targetOf(rules[n]) + '\n');
}

function option(name: string, value: string, isAny: bool): string {
  if (isAny) return '';
  return value.startsWith('!') ? ' ! ' + name + ' ' + value.substring(1) : ' ' + name + ' ' + value;
}

function matchesOf(rule: Known): string {
  const notIn = rule.isNot(abi.NOT_IN) ? '!' : '';
  const notOut = rule.isNot(abi.NOT_OUT) ? '!' : '';
  return (
    option('-s', rule.source, rule.source == '0.0.0.0/0') +
    option('-d', rule.destination, rule.destination == '0.0.0.0/0') +
    option('-i', notIn + rule.in_, rule.in_ == '*') +
    option('-o', notOut + rule.out, rule.out == '*') +
    option('-p', rule.protocol, rule.protocol == 'all') +
    option('--sport', rule.sourcePorts, rule.sourcePorts == '') +
    option('--dport', rule.destinationPorts, rule.destinationPorts == '') +
    (rule.states == '' ? '' : ' -m state') +
    option('--state', (rule.isNot(abi.NOT_STATES) ? '!' : '') + rule.states, rule.states == '')
  );
}

function targetOf(rule: Known): string {
  if (rule.to == '') return rule.target;
  return rule.target + (rule.target == 'SNAT' ? ' --to-source ' : ' --to-destination ') + rule.to;
}
