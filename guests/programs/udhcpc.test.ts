/** udhcpc in Node, asking the lab's own DHCP server: what it sends, and what it makes of answers. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { DhcpServer, DISCOVER, MESSAGE, parseOptions, REQUEST } from '../../devices/lan/dhcp.ts';
import { compile } from '../toolchain/compile.ts';
import { readSources } from '../toolchain/node.ts';

const [WRITE, POLL, IOCTL, SOCKET, SENDTO, RECVFROM] = [1, 7, 16, 41, 44, 45];
const [SIOCADDRT, SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, SIOCGIFHWADDR] = [
  0x890b, 0x8914, 0x8916, 0x891c, 0x8927,
];
/** Offsets in struct ifreq, struct sockaddr_in and struct rtentry. */
const [IFR_ADDR, SIN_PORT, SIN_ADDR, RT_GATEWAY] = [16, 2, 4, 24];
const MAC = [0x00, 0x16, 0x3e, 0xaa, 0xbb, 0xcc];
const [SERVER, ROUTER, FIRST] = [0x0a00_0001, 0x0a00_00fe, 0x0a00_0065];

let wasm: Uint8Array;
let memory: WebAssembly.Memory;
let server: DhcpServer;
/** What was sent, what comes back, what was set. */
let sent: Uint8Array[];
let answers: Uint8Array[];
let done: Record<string, number>;
let screen: string;
/** What becomes of an answer on its way; null: it is lost. */
let onItsWay: (answer: Uint8Array) => Uint8Array | null;

beforeAll(async () => {
  const source = `
    import { main as udhcpc } from 'programs/udhcpc';
    import { flush } from 'programs/lib/io';
    export function main(): i32 { const status = udhcpc(['udhcpc']); flush(); return status; }`;
  const sources = new Map([...readSources(), ['main.ts', source]]);
  wasm = (await compile(sources, 'main.ts', { runtime: 'program', memoryBase: 0x1000 })).wasm;
});

beforeEach(() => {
  server = new DhcpServer({
    server: SERVER,
    netmask: 0xffff_ff00,
    router: ROUTER,
    dns: SERVER,
    first: FIRST,
    last: FIRST + 9,
    leaseSeconds: 3600,
  });
  [sent, answers, done, screen] = [[], [], {}, ''];
  onItsWay = (answer) => answer;
});

function ioctl(command: number, at: number): bigint {
  const view = new DataView(memory.buffer, at);
  if (command === SIOCGIFHWADDR) new Uint8Array(memory.buffer).set(MAC, at + IFR_ADDR + 2);
  if (command === SIOCSIFFLAGS) done['flags'] = view.getUint16(IFR_ADDR, true);
  if (command === SIOCSIFADDR) done['address'] = view.getUint32(IFR_ADDR + SIN_ADDR);
  if (command === SIOCSIFNETMASK) done['netmask'] = view.getUint32(IFR_ADDR + SIN_ADDR);
  if (command === SIOCADDRT) done['gateway'] = view.getUint32(RT_GATEWAY + SIN_ADDR);
  return 0n;
}

function send(at: number, count: number, to: number): bigint {
  const place = new DataView(memory.buffer, to);
  expect([place.getUint16(SIN_PORT), place.getUint32(SIN_ADDR)]).toEqual([67, 0xffff_ffff]);
  const message = new Uint8Array(memory.buffer, at, count).slice();
  sent.push(message);
  const answer = server.answer(message, 0);
  const comes = answer === null ? null : onItsWay(answer.bytes);
  if (comes !== null) answers.push(comes);
  return BigInt(count);
}

function systemCall(number: number, ...args: bigint[]): bigint {
  const [a = 0, b = 0, c = 0, , e = 0] = args.map(Number);
  if (number === SOCKET) return 3n;
  if (number === IOCTL) return ioctl(b, c);
  if (number === SENDTO) return send(b, c, e);
  if (number === POLL) return answers.length > 0 ? 1n : 0n;
  if (number === RECVFROM) {
    const answer = answers.shift()!.subarray(0, c);
    new Uint8Array(memory.buffer).set(answer, b);
    return BigInt(answer.length);
  }
  if (number === WRITE && a > 0) screen += new TextDecoder().decode(new Uint8Array(memory.buffer, b, c));
  return number === WRITE ? BigInt(c) : 0n;
}

/** Runs it: its status. */
async function udhcpc(): Promise<number> {
  const calls = [0, 1, 2, 3, 4, 5, 6].map((count) => [`syscall${String(count)}`, systemCall]);
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, {
    env: { abort: () => undefined },
    sys: Object.fromEntries(calls) as Record<string, typeof systemCall>,
    cpu: new Proxy({}, { get: () => () => 0n }),
  });
  const program = instance.exports as unknown as {
    memory: WebAssembly.Memory;
    start: () => void;
    main: () => number;
  };
  memory = program.memory;
  program.start();
  return program.main();
}

test('it asks for an address and takes it, with mask and way out', async () => {
  expect(await udhcpc(), screen).toBe(0);
  expect(done).toEqual({ flags: 1, address: FIRST, netmask: 0xffff_ff00, gateway: ROUTER });
  expect(screen).toBe('eth0: 10.0.0.101 by 10.0.0.254\n');
});

test('its messages are as RFC 2131 and 2132 want them', async () => {
  await udhcpc();
  expect(sent.map((message) => parseOptions(message).get(53)?.[0])).toEqual([DISCOVER, REQUEST]);
  for (const message of sent) {
    const view = new DataView(message.buffer);
    // BOOTREQUEST, Ethernet, six bytes, no hops; answers as broadcasts.
    expect([...message.subarray(0, 4)]).toEqual([1, 1, 6, 0]);
    expect(view.getUint16(MESSAGE.FLAGS)).toBe(0x8000);
    expect([...message.subarray(MESSAGE.CHADDR, MESSAGE.CHADDR + 7)]).toEqual([...MAC, 0]);
    expect(view.getUint32(MESSAGE.COOKIE_AT)).toBe(MESSAGE.COOKIE);
    // Mask and router, please.
    expect([...parseOptions(message).get(55)!]).toEqual([1, 3]);
    expect(message.at(-1)).toBe(255);
  }
  const [discover, request] = sent.map(parseOptions);
  expect([discover!.has(50), discover!.has(54)]).toEqual([false, false]);
  expect([...request!.get(50)!, ...request!.get(54)!]).toEqual([10, 0, 0, 101, 10, 0, 0, 1]);
});

test('it asks again when nothing comes, and gives up', async () => {
  let lost = 3;
  onItsWay = (answer) => (lost-- > 0 ? null : answer);
  expect(await udhcpc()).toBe(0);
  expect(sent).toHaveLength(5);
  onItsWay = () => null;
  expect(await udhcpc()).toBe(1);
  expect(sent).toHaveLength(9);
  expect(screen).toContain('eth0: nobody gives an address');
});

test.each<[string, (answer: Uint8Array) => Uint8Array]>([
  ['for somebody else', (answer) => answer.with(MESSAGE.XID + 3, answer[MESSAGE.XID + 3]! ^ 1)],
  ['without the cookie', (answer) => answer.with(MESSAGE.COOKIE_AT, 0)],
  ['that is a question', (answer) => answer.with(0, 1)],
  ['of another kind', (answer) => answer.with(MESSAGE.OPTIONS + 2, 6)],
  ['without a kind', (answer) => answer.with(MESSAGE.OPTIONS, 12)],
  ['that ends before its options', (answer) => answer.subarray(0, MESSAGE.OPTIONS)],
  ['that is cut off within its first option', (answer) => answer.subarray(0, MESSAGE.OPTIONS + 2)],
  ['of nothing', () => new Uint8Array(0)],
])('an answer %s is none', async (_, change) => {
  onItsWay = change;
  expect(await udhcpc()).toBe(1);
  expect(done).toEqual({ flags: 1 });
});
