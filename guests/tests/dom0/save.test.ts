/** A domain into a file and out of it again: its processes, disks and connections go on, its clocks are right, nothing is left over. */
import { beforeAll, describe, expect, test } from 'vitest';
import { vcpu_guest_context } from '../../../hypervisor/abi/arch-x86.ts';
import { SHUTDOWN_suspend } from '../../../hypervisor/abi/sched.ts';
import { hostCounts, moteConfig } from './testing-counts.ts';
import { Host } from './testing.ts';

const MIB = 1 << 20;

let host: Host;
beforeAll(async () => {
  const files = {
    'etc/xen/saved': moteConfig(
      'saved',
      'vcpus = 3',
      "disk = [ 'file:/images/data,xvda,w' ]",
      "vif = [ 'mac=00:16:3e:00:00:11' ]",
    ),
    'etc/xen/peer': moteConfig('peer', "vif = [ 'mac=00:16:3e:00:00:12' ]"),
    'images/data': new Uint8Array(2 * MIB),
  };
  host = await Host.boot(files, { memoryMb: 96, hostMb: 192 });
});

/** The seconds that a clock in the domain, and domain 0's own, tell. */
function times(): number[] {
  const second = (text: string): number => Date.parse(text.trim().split('\n').pop()!) / 1000;
  return [second(host.inside('saved', 'date')), second(host.run('date'))];
}

describe('a domain of Mote with a disk and a card', () => {
  test('goes on where it was', () => {
    host.run('xm create saved');
    host.inside('saved', 'mke2fs /dev/xvda; mount /dev/xvda /mnt; echo before > /mnt/file');
    host.type('xm console saved\r');
    host.until(/\n\/ \$ $/);
    host.type('n=0; while true; do n=$((n+1)); echo $n > /mnt/count; sleep 1; done &\r');
    host.wait(2.5);
    host.leaveConsole();
    const before = Number(host.inside('saved', 'cat /mnt/count'));
    const id = Number(host.run('xm domid saved'));
    const whole = hostCounts(host);
    expect(host.run('xm save saved /tmp/file')).toBe('Saving to /tmp/file new xl format');
    expect(host.list()).toHaveLength(1);
    host.wait(30);
    expect(host.run('xm restore /tmp/file')).toBe('Loading new save file /tmp/file');
    expect(Number(host.run('xm domid saved'))).toBe(id + 1);
    const after = Number(host.inside('saved', 'cat /mnt/count'));
    // What it slept does not count for who waits.
    expect(after - before).toBeLessThan(8);
    host.wait(3);
    expect(Number(host.inside('saved', 'cat /mnt/count'))).toBeGreaterThanOrEqual(after + 3);
    expect(host.inside('saved', 'cat /mnt/file; echo more >> /mnt/file; sync; cat /mnt/file')).toContain(
      'before\nbefore\nmore',
    );
    const [inside, outside] = times();
    expect(Math.abs(inside! - outside!)).toBeLessThanOrEqual(1);
    const again = hostCounts(host);
    expect({ ...again, domains: '', nodes: '' }).toEqual({ ...whole, domains: '', nodes: '' });
  });

  test.each(['by its event channel', 'in the store'])('a checkpoint is made of it, asked for %s', (how) => {
    const id = host.run('xm domid saved');
    if (how === 'in the store')
      host.run(`xenstore-write /local/domain/${id}/device/suspend/event-channel ''`);
    const before = Number(host.inside('saved', 'cat /mnt/count'));
    expect(host.run('xm save -c saved /tmp/file')).toBe('Saving to /tmp/file new xl format');
    expect(host.run('xm domid saved')).toBe(id);
    host.wait(2);
    expect(Number(host.inside('saved', 'cat /mnt/count'))).toBeGreaterThanOrEqual(before + 2);
    expect(host.run('tail -n 1 /var/log/xen/xend.log')).not.toContain('poweroff');
  });

  test('only what has suspended itself is resumed', () => {
    expect(host.run('xm resume saved')).toBe('xm: saved: it has not suspended itself');
    const { hypervisor } = host.lab;
    const id = Number(host.run('xm domid saved'));
    host.run(`xenstore-write /local/domain/${String(id)}/control/shutdown suspend; sleep 1`);
    expect(hypervisor.domains.get(id)!.shutdown?.reason).toBe(SHUTDOWN_suspend);
    expect(host.run('xm resume saved')).toBe('');
    expect(host.inside('saved', 'cat /mnt/file')).toContain('more');
  });

  test('a connection lives on', () => {
    host.run('xm create peer');
    host.inside('peer', 'ifconfig eth0 10.0.0.12 netmask 255.255.255.0; mkdir /www');
    host.inside('peer', 'dd if=/dev/zero of=/www/big bs=4096 count=1024; httpd /www &');
    host.inside('saved', 'ifconfig eth0 10.0.0.11 netmask 255.255.255.0');
    // So slow that it takes a while.
    host.run('brctl setloss xenbr0 60');
    host.type('xm console saved\r');
    host.until(/\n\/ \$ $/);
    host.type('wget -O /tmp/big http://10.0.0.12/big; ls -l /tmp/big; sha256sum /tmp/big\r');
    host.wait(0.2);
    host.leaveConsole();
    host.run('xm save saved /tmp/file');
    expect(host.inside('peer', 'netstat')).toMatch(/ESTABLISHED/);
    host.wait(3);
    host.run('brctl setloss xenbr0 0');
    host.run('xm restore /tmp/file');
    host.type('xm console saved\r');
    host.until(/[0-9a-f]{64} {2}\/tmp\/big/);
    expect(host.screen).toContain('bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8');
    host.leaveConsole();
  });
});

/** Offsets in a file. */
const AT_OPTIONAL_BYTES = 44;
const AT_JSON = 52;
const HEADERS_BYTES = 16 + 8 + 24 + 16;

describe('a file that is not right', () => {
  let optional = 0;
  let json = '';
  let whole: ReturnType<typeof hostCounts>;
  beforeAll(() => {
    host.run('xm destroy peer; xm save saved /tmp/file; cp /tmp/file /tmp/bad');
    const bytes = host.run(`dd if=/tmp/file bs=1 skip=${String(AT_OPTIONAL_BYTES)} count=2 | hexdump`);
    const [low, high] = / ([0-9a-f]{2}) ([0-9a-f]{2}) /
      .exec(bytes)!
      .slice(1)
      .map((each) => parseInt(each, 16));
    optional = low! + high! * 256;
    const printed = host.run(
      `dd if=/tmp/file bs=1 skip=${String(AT_JSON)} count=${String(optional - 5)} | cat`,
    );
    json = printed.slice(printed.indexOf('{'));
    host.run('echo 99999999 > /tmp/nines');
    whole = hostCounts(host);
  });

  /** What is said of the file with some bytes of it replaced by others, which are put back. */
  function altered(at: number, count: number, from: string, skip = 0): string {
    const put = (file: string, first: number): string =>
      host.run(`dd if=${file} of=/tmp/bad bs=1 count=${count} skip=${first} seek=${at}`);
    put(from, skip);
    const said = refusal('/tmp/bad');
    put('/tmp/file', at);
    return said;
  }
  function refusal(file: string): string {
    const said = host.run(`xm restore ${file}`).split('\n').pop()!;
    expect(host.list()).toHaveLength(1);
    return said.replace(`xm: ${file}: `, '');
  }

  test.each([
    [20, 'it is no file of a saved domain'],
    [100, 'the file ends too soon, after 100 bytes'],
    [4096, 'the file ends too soon, after 4096 bytes'],
    [1 << 20, 'the file ends too soon, after 1048576 bytes'],
  ])('ends after %d bytes', (bytes, said) => {
    host.run(
      `dd if=/tmp/file of=/tmp/short bs=${String(Math.min(bytes, 4096))} count=${String(Math.ceil(bytes / 4096))}`,
    );
    expect(refusal('/tmp/short')).toBe(said);
  });

  test('is of a domain of another width, or larger than the host', () => {
    // The byte order begins with a 4.
    expect(altered(48 + optional + HEADERS_BYTES + 8, 1, '/tmp/file', 32)).toBe(
      'it is a domain of 32 bits, and 64 are what this host has',
    );
    const digits = json.indexOf('16384', json.indexOf('target_memkb'));
    host.run("echo '(dom0-min-mem 0)' >> /etc/xen/xend-config.sxp");
    expect(altered(AT_JSON + digits, 5, '/tmp/nines')).toMatch(
      /^it wants 98 MiB, \d+ are free, and domain 0 gives none \(dom0-min-mem\)$/,
    );
  });

  test('is damaged somewhere', () => {
    const size = Number(/\d{7,}/.exec(host.run('ls -l /tmp/file'))![0]);
    const at = 48 + optional + HEADERS_BYTES;
    expect(altered(8, 8, '/tmp/nines')).toBe('it is no file of a saved domain');
    expect(altered(AT_JSON + 1, 4, '/tmp/nines')).toBe('its configuration is no JSON');
    expect(altered(at, 4, '/tmp/nines')).toBe('record 39393939 is not known');
    expect(altered(at - 40, 8, '/tmp/nines')).toBe('what follows its configuration is no saved domain');
    expect(altered(at + 4, 4, '/tmp/nines')).toBe('a record is too large');
    // The first leaf of the record behind that.
    expect(altered(at + 24, 4, '/tmp/nines')).toBe(
      'it wants more of the processor than this host has: CPUID leaf 39393939: Numerical result out of range',
    );
    // What is of its vcpu: the record's number of it, start_info, the root (vcpu_guest_context's edx and cr3); the end.
    const basic = size - 16 - 80 - vcpu_guest_context.size;
    const { offset } = vcpu_guest_context;
    expect(altered(basic - 8, 4, '/tmp/nines')).toBe(
      'the record of a vcpu (4) is of vcpu 960051513, which it does not have',
    );
    expect(altered(basic + offset['user_regs.rdx'], 8, '/tmp/nines')).toBe(
      'its start_info is in no ordinary page',
    );
    expect(altered(basic + offset.ctrlreg + 24, 8, '/tmp/nines')).toBe(
      'the root of a vcpu is no such page table',
    );
    expect(altered(basic + offset['user_regs.rip'], 8, '/tmp/nines')).toBe(
      'vcpu 0: its registers: Invalid argument',
    );
    expect(altered(size - 8, 8, '/tmp/nines')).toBe('libxl record 960051513 is not known');
  });

  test('leaves nothing behind', () => {
    expect(hostCounts(host)).toEqual(whole);
    expect(host.run('xm restore /tmp/bad')).toBe('Loading new save file /tmp/bad');
    const said = host.run('xm restore /tmp/file').split('\n').pop();
    expect(said).toBe('xm: /tmp/file: VM name saved already in use by another domain');
  });
});
