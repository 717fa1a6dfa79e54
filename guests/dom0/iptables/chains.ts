/** The chains of the tables, by their numbers (CHAIN_*), and what becomes of packets, by theirs (RULE_*). */
export const FILTER: string = 'filter';
export const NAT: string = 'nat';

export const CHAINS: string[] = ['PREROUTING', 'POSTROUTING', 'INPUT', 'FORWARD', 'OUTPUT'];
export const TARGETS: string[] = ['', 'ACCEPT', 'DROP', 'REJECT', 'MASQUERADE', 'SNAT', 'DNAT'];
const NAT_CHAINS: i32 = 2;
/** Targets that each chain can have. */
const ALLOWED: string[][] = [
  ['ACCEPT', 'DNAT'],
  ['ACCEPT', 'MASQUERADE', 'SNAT'],
  ['ACCEPT', 'DROP', 'REJECT'],
  ['ACCEPT', 'DROP', 'REJECT'],
  ['ACCEPT', 'DROP'],
];

/** -1: there is none. */
export function chainNumber(name: string): i32 {
  return CHAINS.indexOf(name);
}
export function tableOf(chain: i32): string {
  return chain < NAT_CHAINS ? NAT : FILTER;
}
export function mayTarget(chain: i32, target: string): bool {
  return ALLOWED[chain].includes(target);
}

/** What a packet may be of its connection: bit N of STATE_* each, in iptables's order. */
export const STATES: string[] = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED'];

export const PROTOCOLS: string[] = ['all', 'tcp', 'udp', 'icmp'];
export const PROTOCOL_NUMBERS: i32[] = [0, 6, 17, 1];
