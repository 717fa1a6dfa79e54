/** Connections from beyond the gateway: into a host, into a host of a world, over a lossy network; and the same run without anybody outside. */
import { expect, test } from 'vitest';
import { dom0Images } from '../../../guests/toolchain/mote-node.ts';
import { parseIpv4 } from '../../../devices/lan/ethernet.ts';
import { loadCore } from '../core-node.ts';
import { Lab } from '../lab.ts';
import { drive } from '../pacing.ts';
import { stateHash } from '../state-hash.ts';
import { mote, moteWorld } from '../world/testing.ts';
import type { World } from '../world/world.ts';
import { Outside } from './outside.ts';
import { labUplink, worldUplink } from './uplink.ts';

const PROMPT = /\r\n\/ \$ $/;
const NETWORK_IS_UP = /10\.0\.0\.10\d by[^]*\/ \$ $/;
const STEP_NS = 2_000_000;
const MOST_STEPS = 20_000;
const LATIN = new TextDecoder('latin1');

interface Got {
  text: string;
  /** Undefined: it goes on. */
  problem: string | null | undefined;
}

/** Asks a web server for a path, and gives what comes until it is over. */
function get(outside: Outside, step: () => void, address: string, path: string, port = 80): Got {
  const got: Got = { text: '', problem: undefined };
  const connection = outside.connect(parseIpv4(address), port, {
    data: (bytes) => (got.text += LATIN.decode(bytes)),
    ended: () => {
      connection.end();
    },
    closed: (problem) => (got.problem = problem),
  });
  connection.send(new TextEncoder().encode(`GET ${path} HTTP/1.0\r\n\r\n`));
  for (let n = 0; got.problem === undefined && n < MOST_STEPS; n++) {
    outside.attend();
    step();
  }
  return got;
}

async function host(): Promise<Lab> {
  const size = { commandLine: '', memoryMb: 64, vcpus: 1, isDom0: true, hostMb: 128 };
  return Lab.boot(loadCore(), { ...size, ...(await dom0Images()) });
}

const go = (lab: Lab, text: RegExp): Promise<unknown> =>
  drive(lab, { text, ns: lab.ns + 60e9 }, { realTime: false });

test('a web server of domain 0 is reached, in one run that is made again from its inputs alone', async () => {
  const lab = await host();
  await go(lab, PROMPT);
  lab.type(new TextEncoder().encode('httpd /etc &\r'));
  await go(lab, PROMPT);
  const outside = new Outside(labUplink(lab)!);
  const step = (): void => {
    lab.runTo(lab.place.ticks + STEP_NS);
  };
  const motd = get(outside, step, '10.0.0.100', '/motd');
  expect(motd).toEqual({
    text: expect.stringMatching(/^HTTP\/1\.0 200 OK[^]*Welcome to Mote/) as string,
    problem: null,
  });
  const large = get(outside, step, '10.0.0.100', '/../bin/xm');
  expect(large.text).toContain('403');
  expect(get(outside, step, '10.0.0.100', '/', 81).problem).toBe('nobody listens there');
  expect(get(outside, step, '10.0.0.77', '/').problem).toBe('there is no such host');
  const again = await host();
  for (const input of lab.past.inputs.all) again.past.inputs.add(input);
  again.runTo(lab.place.ticks);
  expect(await stateHash(again.hypervisor)).toBe(await stateHash(lab.hypervisor));
}, 300_000);

function until(world: World, at: number, text: RegExp): void {
  let stop;
  while (stop === undefined) stop = world.run({ text: { host: at, pattern: text }, ns: world.ns + 60e9 });
  expect(stop.kind).toBe('host');
}

test('of a world each host is reached, and all bytes come in their order over a network that loses one frame in ten', async () => {
  const world = await moteWorld({
    hosts: [mote('A'), mote('B')],
    lans: [{ name: 'front' }],
    seed: 3,
  });
  until(world, 0, NETWORK_IS_UP);
  until(world, 1, NETWORK_IS_UP);
  world.type(1, new TextEncoder().encode('seq 20000 > /tmp/numbers; httpd /tmp &\r'));
  world.run({ ns: world.ns + 3e9 });
  world.injectLan(0, { kind: 'lose frames', share: 0.1 });
  const outside = new Outside(worldUplink(world)!);
  const step = (): void => {
    world.run({ ns: world.ns + STEP_NS });
  };
  const { text, problem } = get(outside, step, '10.0.0.101', '/numbers');
  expect(problem).toBeNull();
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  expect(body).toBe(Array.from({ length: 20_000 }, (_, n) => `${String(n + 1)}\n`).join(''));
}, 300_000);
