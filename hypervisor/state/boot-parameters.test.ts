/** Xen's command line: what it sets, and what Xen says of what it does not know. */
import { expect, test } from 'vitest';
import { IER, LCR, RBR_THR } from '../../devices/uart16550.ts';
import { XENVER_commandline } from '../abi/version.ts';
import { dom0Resources, parseBootParameters } from './boot-parameters.ts';
import { xenVersion } from '../hypercalls/xen-version.ts';
import { ARGUMENTS, TestDomain, testHost } from '../memory/testing.ts';

const PAGES_PER_MB = 256;

function dom0(line: string): readonly [number, number | null, number] {
  const usual = { pages: 64 * PAGES_PER_MB, vcpus: 2 };
  const { pages, maxPages, vcpus } = dom0Resources(parseBootParameters(line), usual, 256 * PAGES_PER_MB);
  return [pages / PAGES_PER_MB, maxPages === null ? null : maxPages / PAGES_PER_MB, vcpus];
}

test.each([
  ['', [64, null, 2]],
  ['dom0_mem=96M', [96, null, 2]],
  ['dom0_mem=98304', [96, null, 2]],
  ['dom0_mem=1g,max:2G', [1024, 2048, 2]],
  ['dom0_mem=0', [64, null, 2]],
  ['dom0_mem=-96M', [160, null, 2]],
  ['dom0_mem=-1g,min:8M', [8, null, 2]],
  ['dom0_mem=192M,max:-128M', [128, 128, 2]],
  ['dom0_mem=max:32M', [32, 32, 2]],
  ['dom0_mem=min:80M', [80, null, 2]],
  ['dom0_mem=16777216B dom0_max_vcpus=4', [16, null, 4]],
  ['dom0_max_vcpus=-1', [64, null, 1]],
  ['dom0_max_vcpus=3-8', [64, null, 3]],
  ['dom0_max_vcpus=1-', [64, null, 2]],
  ['dom0_max_vcpus=0', [64, null, 1]],
])('%s', (line, resources) => {
  expect(dom0(line)).toEqual(resources);
  expect(parseBootParameters(line).complaints).toEqual([]);
});

test.each([
  ['', 512, 480],
  ['', 1024, 960],
  ['', 4096, 3968],
  ['dom0_mem=0', 512, 480],
  ['dom0_mem=max:96M', 512, 96],
  ['dom0_mem=min:500M', 512, 500],
])(
  '%j, of %d MiB: where nobody says how much, domain 0 has all but a sixteenth, and but 128 MiB at most',
  (line, free, expected) => {
    const usual = { pages: null, vcpus: 1 };
    const { pages } = dom0Resources(parseBootParameters(line), usual, free * PAGES_PER_MB);
    expect(pages / PAGES_PER_MB).toBe(expected);
  },
);

test('the line is kept as it was given; known parameters without effect are no reason to complain', () => {
  const line = ' sched=rrobin  console=com1,vga com1=115200,8n1 loglvl=all guest_loglvl=all noreboot';
  const told = parseBootParameters(line);
  expect(told).toMatchObject({ commandLine: line, scheduler: 'rrobin', complaints: [] });
});

test.each([
  ['', { divisor: 1, lcr: 0x03 }, false],
  ['com1=9600,7e2 noreboot', { divisor: 12, lcr: 0x1e }, false],
  ['com1=auto noreboot=0', { divisor: 1, lcr: 0x03 }, true],
  ['com1=38400/1843200,8n1,0x3f8,4 noreboot=off', { divisor: 3, lcr: 0x03 }, true],
])(
  '%j: how the line is set up, and whether a crash of domain 0 starts the machine anew',
  (line, told, reboots) => {
    const { parameters, platform } = testHost(1024, { parameters: parseBootParameters(line) });
    expect(parameters).toMatchObject({ line: told, rebootsAfterCrash: reboots, complaints: [] });
    const { uart } = platform;
    expect(uart.read(LCR)).toBe(told.lcr);
    uart.write(LCR, told.lcr | 0x80);
    expect([uart.read(RBR_THR), uart.read(IER)]).toEqual([told.divisor, 0]);
  },
);

test.each([
  ['com1=fast', 'parameter "com1" has invalid value "fast", rc=-22!'],
  ['com1=300,8n1', 'ERROR: Baud rate 300 outside supported range.'],
  ['com1=9600,9n1', 'ERROR: 9 data bits are unsupported.'],
  ['com1=9600,8n3', 'ERROR: 3 stop bits are unsupported.'],
  ['noreboot=maybe', 'parameter "noreboot" has invalid value "maybe", rc=-22!'],
  ['dom0_mem=much', 'parameter "dom0_mem" has invalid value "much", rc=-22!'],
  ['dom0_mem=64M,max:', 'parameter "dom0_mem" has invalid value "64M,max:", rc=-22!'],
  ['dom0_mem', 'parameter "dom0_mem" has invalid value "", rc=-22!'],
  ['dom0_max_vcpus=two', 'parameter "dom0_max_vcpus" has invalid value "two", rc=-22!'],
  ['dom0_max_vcpus=-', 'parameter "dom0_max_vcpus" has invalid value "-", rc=-22!'],
  ['sched=', 'parameter "sched" has invalid value "", rc=-22!'],
  ['colour=red', 'parameter "colour" unknown!'],
  ['toString', 'parameter "toString" unknown!'],
  ['console=com1,lp0', "Bad console= option 'lp0'"],
])('%s is told of, and changes nothing', (line, complaint) => {
  expect(parseBootParameters(line).complaints).toEqual([complaint]);
  expect(dom0(line)).toEqual([64, null, 2]);
});

test('Xen says at boot what it was given and what it does not know; who is privileged reads the line', () => {
  const hypervisor = testHost(1024, { parameters: parseBootParameters('loglvl=all x=1') });
  const { bytes } = hypervisor.console.readRing(0, 2000, false);
  const said = new TextDecoder().decode(bytes);
  expect(said).toMatch(/^\(XEN\) Xen version 4\.17\.7 .*\n\(XEN\) Xen-e820 RAM map:\n/);
  expect(said).toContain('(XEN)  [0000000000100000, 00000000003fffff] (usable)\n');
  expect(said).toContain('(XEN) System RAM: 3MB (3711kB)\n');
  const last = '(XEN) Command line: loglvl=all x=1\n(XEN) parameter "x" unknown!\n';
  expect(said.endsWith(last)).toBe(true);
  // The machine is on the screen, which is not there, and on the line where that is the console.
  const sent = (line: string): string => {
    let text = '';
    testHost(1024, { parameters: parseBootParameters(line) }).console.replay((sentBytes) => {
      text += new TextDecoder().decode(sentBytes);
    });
    return text.replaceAll('\r', '');
  };
  expect(sent('loglvl=all x=1')).toBe(last);
  expect(sent('console=com1,vga')).toMatch(
    /^\(XEN\) Xen version [^]*\(XEN\) Command line: console=com1,vga\n$/,
  );
  const lineOf = (domain: TestDomain): string => {
    domain.enter();
    expect(domain.call(xenVersion, XENVER_commandline, ARGUMENTS)).toBe(0);
    const words = [0, 8].map((at) => domain.peek(ARGUMENTS + at));
    return new TextDecoder().decode(new BigUint64Array(words)).replace(/\0.*$/, '');
  };
  expect(lineOf(new TestDomain(hypervisor, 0, 32, 1, true))).toBe('loglvl=all x=1');
  expect(lineOf(new TestDomain(hypervisor, 1, 32))).toBe('<denied>');
});
