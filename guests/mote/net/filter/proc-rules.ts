/** /proc/net/iptables: a line for each chain with its policy, then one for each of its rules: what `rule` of the ABI has, in its order. */
import { rule as layout } from '../../abi';
import { put, putByte, putBytes, putField, putNumber } from '../../fs/proc-files';
import { CHAINS, policyOf, Rule, rulesOf } from './rules';

/** Of four bytes each. */
const WORDS: StaticArray<usize> = [
  layout.source,
  layout.source + 4,
  layout.destination,
  layout.destination + 4,
  layout.to_address,
];
/** Of two. */
const HALVES: StaticArray<usize> = [
  layout.source_ports,
  layout.source_ports + 2,
  layout.destination_ports,
  layout.destination_ports + 2,
  layout.to_port,
];

export function rules(pid: i32): void {
  for (let chain = 0; chain < CHAINS; chain++) {
    put('chain ');
    putNumber(chain);
    putField(policyOf(chain));
    putByte(10);
    for (let each: Rule | null = rulesOf(chain); each != null; each = each!.next) tell(each);
  }
}

function tell(rule: Rule): void {
  const at = rule.at;
  put('rule ');
  putNumber(load<u8>(at, layout.target));
  putField(load<u8>(at, layout.protocol));
  putField(load<u8>(at, layout.inverted));
  for (let n = 0; n < WORDS.length; n++) putField(load<u32>(at + WORDS[n]));
  for (let n = 0; n < HALVES.length; n++) putField(load<u16>(at + HALVES[n]));
  putField(rule.packets);
  putField(rule.bytes);
  putName(at + layout.in_);
  putName(at + layout.out);
  putField(load<u8>(at, layout.states));
  putByte(10);
}

function putName(at: usize): void {
  putByte(32);
  if (load<u8>(at) == 0) putByte(42);
  else putBytes(at);
}
