/** Disks whose bytes are elsewhere: what comes when changes nothing. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dom0Images } from '../../guests/toolchain/mote-node.ts';
import { loadCore } from './core-node.ts';
import { DiskUnavailable } from './host-devices.ts';
import type { DiskSource } from './host-devices.ts';
import { Lab } from './lab.ts';
import { drive } from './pacing.ts';
import { stateHash } from './state-hash.ts';
import { UrlSource } from './url-source.ts';

const BYTES = 1_000_000;
const image = Uint8Array.from({ length: BYTES }, (_, n) => (n * 7 + (n >>> 9)) & 0xff);
const PROMPT = /\r\n\/ \$ $/;

/** Boots a host with the disk, and has it read from end to end: the lab, and what was printed. */
async function readThrough(bytes: DiskSource): Promise<{ lab: Lab; printed: string }> {
  const host = { commandLine: '', memoryMb: 64, vcpus: 1, isDom0: true, hostMb: 96 };
  const disks = [{ name: 'far', bytes, readOnly: true }];
  const lab = await Lab.boot(loadCore(), { ...host, ...(await dom0Images()), disks });
  let printed = '';
  lab.onConsole((text) => (printed += new TextDecoder().decode(text)));
  await drive(lab, { text: PROMPT }, { realTime: false });
  printed = '';
  lab.type(new TextEncoder().encode('sha256sum /dev/vda\r'));
  await drive(lab, { text: PROMPT }, { realTime: false });
  return { lab, printed };
}

let asked: string[] = [];
const server = createServer(({ method, headers }, response) => {
  asked.push(`${String(method)} ${headers.range ?? ''}`);
  const [start, last] = (/(\d+)-(\d+)/.exec(headers.range ?? '') ?? []).slice(1).map(Number);
  const part = start === undefined ? image : image.subarray(start, last! + 1);
  response.writeHead(start === undefined ? 200 : 206, { 'content-length': part.length });
  response.end(method === 'HEAD' ? undefined : part);
});
beforeAll(() => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)));
afterAll(() => server.close());
const url = (): string => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/disk`;

test('a disk is fetched piece by piece as it is read, and the run is the same however long that takes', async () => {
  asked = [];
  const { lab, printed } = await readThrough(await UrlSource.open(url()));
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', padded(image))).toString('hex');
  expect(printed).toContain(`${digest}  /dev/vda`);
  expect(asked).toEqual(['HEAD ', ...[0, 1, 2, 3].map((n) => `GET bytes=${String(n << 18)}-${end(n)}`)]);
  let pieces = 0;
  const slow: DiskSource = {
    size: BYTES,
    slice: (start, to) => ({
      arrayBuffer: () =>
        new Promise((done) => {
          setTimeout(() => {
            done(image.slice(start, to).buffer);
          }, 3 * ++pieces);
        }),
    }),
  };
  const again = await readThrough(slow);
  expect(await stateHash(again.lab.hypervisor)).toBe(await stateHash(lab.hypervisor));
});

test('what is typed while a disk waits for its bytes is the same input where they are there at once', async () => {
  const host = { commandLine: '', memoryMb: 64, vcpus: 1, isDom0: true, hostMb: 96, ...(await dom0Images()) };
  const there = (start: number, to: number) => ({
    arrayBuffer: () => Promise.resolve(image.slice(start, to).buffer),
  });
  const disks = [{ name: 'far', bytes: { size: BYTES, slice: there }, readOnly: true }];
  const lab = await Lab.boot(loadCore(), { ...host, disks });
  await drive(lab, { text: PROMPT }, { realTime: false });
  const traced: string[] = [];
  lab.hypervisor.trace.add({
    event: ({ ticks, domain, vcpu, detail }) => {
      const { kind } = detail;
      if (kind === 'port' || kind === 'upcall' || kind === 'device')
        traced.push(JSON.stringify({ ticks, domain, vcpu, detail }));
    },
    end: () => undefined,
  });
  lab.past.keep();
  lab.type(new TextEncoder().encode('cat /dev/vda > /dev/null\r'));
  let waited = 0;
  for (;;) {
    const stop = lab.run({ text: PROMPT, ns: 60e9 }, Infinity);
    if (stop?.kind === 'text') break;
    expect(stop?.kind).toBe('waiting');
    waited++;
    lab.type(new TextEncoder().encode('\r'));
    await lab.fetch();
  }
  expect(waited).toBe(3);
  const { ticks } = lab.place;
  const live = traced.splice(0);
  const hash = await stateHash(lab.hypervisor);
  lab.past.returnTo(lab.past.moments[0]!);
  expect(lab.runTo(ticks)).toBe(true);
  expect(traced).toEqual(live);
  expect(await stateHash(lab.hypervisor)).toBe(hash);
});

function end(chunk: number): string {
  return String(Math.min((chunk + 1) << 18, BYTES) - 1);
}

/** A last sector in part is filled with zeroes. */
function padded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(Math.ceil(bytes.length / 512) * 512);
  whole.set(bytes);
  return whole;
}

test('a source that fails is named', async () => {
  const broken: DiskSource = {
    size: BYTES,
    slice: () => ({ arrayBuffer: () => Promise.reject(new Error('the cable is out')) }),
  };
  await expect(readThrough(broken)).rejects.toThrow(new DiskUnavailable('disk far: the cable is out'));
  await expect(UrlSource.open('http://127.0.0.1:1/')).rejects.toThrow();
});
