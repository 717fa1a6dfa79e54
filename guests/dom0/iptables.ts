/** iptables [-t filter|nat] -A|-I|-D|-F|-L|-P|-S CHAIN ...: what becomes of packets: filtered, or with other addresses (MASQUERADE, SNAT, DNAT). */
import * as abi from 'mote/abi';
import { rule as layout } from 'mote/abi';
import { control } from 'programs/lib/calls';
import { complain, complainOf, print } from 'programs/lib/io';
import { socket } from 'programs/lib/sockets';
import { bad, number } from 'programs/lib/text';
import { chainNumber, CHAINS, FILTER, NAT, tableOf } from './iptables/chains';
import { list, specify } from './iptables/list';
import { parseRule, ruleProblem } from './iptables/parse';

const USAGE =
  'usage: iptables [-t filter|nat] -A|-I|-D CHAIN [-p PROTOCOL] [-s NETWORK] [-d NETWORK] [-i|-o INTERFACE]\n' +
  '         [--sport PORTS] [--dport PORTS] [-m state --state NEW,ESTABLISHED,RELATED,INVALID] -j ACCEPT|DROP|REJECT|MASQUERADE|SNAT --to ADDRESS|DNAT --to ADDRESS[:PORT]\n' +
  '       iptables [-t TABLE] -D CHAIN NUMBER | -F [CHAIN] | -L [-n] [-v] [CHAIN] | -S [CHAIN] | -P CHAIN ACCEPT|DROP';

const words = new StaticArray<u8>(<i32>layout.SIZE);

export function main(args: string[]): i32 {
  const rest = args.slice(1);
  let table = FILTER;
  for (let n = 0; n + 1 < rest.length; n++)
    if (rest[n] == '-t' || rest[n] == '--table') {
      table = rest[n + 1];
      rest.splice(n, 2);
    }
  if (table != FILTER && table != NAT)
    return fail("can't initialize iptables table `" + table + "': Table does not exist");
  const action = rest.findIndex((word) => actionOf(word) != '');
  if (action < 0) return wrong();
  const what = actionOf(rest[action]);
  const chain = action + 1 < rest.length && !rest[action + 1].startsWith('-') ? rest[action + 1] : '';
  rest.splice(action, chain == '' ? 1 : 2);
  if (what == 'L' || what == 'S') return tell(what, table, chain, rest);
  const at = chainNumber(chain);
  if (chain != '' && (at < 0 || tableOf(at) != table)) return fail('No chain/target/match by that name.');
  if (what == 'F') return flush(table, at);
  if (at < 0) return wrong();
  return what == 'P' ? setPolicy(at, rest) : change(what, at, rest);
}

const LONG: string[] = ['--append', '--insert', '--delete', '--flush', '--list', '--list-rules', '--policy'];
const SHORT: string[] = ['-A', '-I', '-D', '-F', '-L', '-S', '-P'];

/** The letter of an action; empty: it is none. */
function actionOf(word: string): string {
  const at = max(LONG.indexOf(word), SHORT.indexOf(word));
  return at < 0 ? '' : SHORT[at].charAt(1);
}

function fail(what: string): i32 {
  complain(what);
  return 1;
}
function wrong(): i32 {
  complain(USAGE);
  return 2;
}

function tell(what: string, table: string, chain: string, options: string[]): i32 {
  let isVerbose = false;
  let wanted = chain;
  for (let n = 0; n < options.length; n++) {
    if (!options[n].startsWith('-')) wanted = options[n];
    else if (options[n].includes('v')) isVerbose = true;
  }
  const at = chainNumber(wanted);
  if (wanted != '' && (at < 0 || tableOf(at) != table)) return fail('No chain/target/match by that name.');
  for (let n = 0, shown = 0; n < CHAINS.length; n++) {
    if (tableOf(n) != table || (at >= 0 && at != n)) continue;
    if (what == 'S') specify(n);
    else {
      print(shown++ > 0 ? '\n' : '');
      list(n, isVerbose);
    }
  }
  return 0;
}

function send(): i32 {
  return control(socket(abi.SOCK_DGRAM), abi.SIOCRULE, changetype<usize>(words));
}

function put(action: i32, chain: i32, target: i32): void {
  store<u8>(changetype<usize>(words), <u8>action, layout.action);
  store<u8>(changetype<usize>(words), <u8>chain, layout.chain);
  if (target != 0) store<u8>(changetype<usize>(words), <u8>target, layout.target);
}

function flush(table: string, chain: i32): i32 {
  for (let n = 0; n < CHAINS.length; n++)
    if (tableOf(n) == table && (chain < 0 || chain == n)) {
      put(abi.RULE_FLUSH, n, 0);
      send();
    }
  return 0;
}

function setPolicy(chain: i32, rest: string[]): i32 {
  if (rest.length != 1 || (rest[0] != 'ACCEPT' && rest[0] != 'DROP'))
    return fail("Bad policy name. Run `dmesg' for more information.");
  put(abi.RULE_POLICY, chain, rest[0] == 'DROP' ? abi.RULE_DROP : abi.RULE_ACCEPT);
  const failed = send();
  return failed < 0 ? complainOf('policy', failed) : 0;
}

function change(what: string, chain: i32, rest: string[]): i32 {
  let position = 0;
  if (rest.length > 0 && what != 'A') {
    position = <i32>number(rest[0]);
    if (bad || position < 1) position = 0;
    else rest.splice(0, 1);
  }
  const isByNumber = what == 'D' && position > 0 && rest.length == 0;
  if (!isByNumber && !parseRule(rest, chain, words)) return fail(ruleProblem);
  put(what == 'A' ? abi.RULE_APPEND : what == 'I' ? abi.RULE_INSERT : abi.RULE_DELETE, chain, 0);
  store<u32>(changetype<usize>(words), what == 'I' && position == 0 ? 1 : position, layout.position);
  const failed = send();
  if (failed == -2) return fail('Bad rule (does a matching rule exist in that chain?).');
  return failed < 0 ? complainOf('rule', failed) : 0;
}
