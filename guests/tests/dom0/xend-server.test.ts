/** xend's interfaces for others: HTTP that speaks S-expressions, XML-RPC; domains given as S-expressions; xm's commands of Xen 3. */
import { beforeAll, describe, expect, test } from 'vitest';
import { moteConfig } from './testing-counts.ts';
import { Host } from './testing.ts';

const VM = `(vm (name sxp) (memory 12) (on_crash preserve)
  (image (linux (kernel /boot/mote.elf) (ramdisk /boot/mote.cpio) (args 'quiet please')))
  (device (vbd (uname file:/images/a) (dev sda1) (mode w)))
  (device (vif (mac 00:16:3e:00:00:31) (rate 10Mb/s))))`;

describe('a host whose xend serves others', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot({
      'etc/xen/one': moteConfig('one'),
      'etc/sxp': new TextEncoder().encode(VM),
      'images/a': new Uint8Array(512),
    });
    host.run('xm create one');
  });

  test('nobody is served unless the settings say so; what means nothing there is logged', () => {
    expect(host.run('wget -O - http://127.0.0.1:8000/xend/domain; wget -O - http://127.0.0.1:8006/')).toMatch(
      /refused[^]*refused/,
    );
    host.run("echo '(xend-http-server yes)' >> /etc/xen/xend-config.sxp");
    host.run("echo '(xend-tcp-xmlrpc-server yes)' >> /etc/xen/xend-config.sxp");
    host.run("echo '(xend-colour red)' >> /etc/xen/xend-config.sxp; xend restart");
    expect(host.run('xm log')).toMatch(
      /WARNING \/etc\/xen\/xend-config\.sxp: xend-colour: there is no such setting: it does nothing\n/,
    );
  });

  /** What is got from xend. */
  const got = (path: string): string => host.run(`wget -q -O - http://127.0.0.1:8000${path}`);

  test('domains, one of them, and the host are told', () => {
    expect(got('/xend/domain')).toBe('(Domain-0 one)');
    const times = (text: string): string => text.replace(/_time [\d.]+|state .*/g, '');
    expect(times(got('/xend/domain/one'))).toBe(times(host.run('xm list --long one')));
    expect(got('/xend/node')).toMatch(/^\(node\n {4}\(host .*\)\n[^]*\(xen_major 4\)\n {4}\(xen_minor 17\)/);
    expect(got('/xend/node/log')).toContain('xend-colour');
    expect(host.run('wget -O - http://127.0.0.1:8000/xend/domain/none')).toContain('404');
  });

  /** Sends a request, and gives the answer's last line. */
  const post = (path: string, body: string): string => {
    host.run(`echo -n '${body}' > /tmp/body`);
    return host.run(`wget -q -O - --post-file=/tmp/body http://127.0.0.1:8000${path}`);
  };

  test('what is asked for is done', () => {
    expect(post('/xend/domain/one', 'op=pause')).toBe('()');
    expect(host.list()[1]).toMatch(/p---$/);
    expect(post('/xend/domain/one', 'op=unpause')).toBe('()');
    expect(post('/xend/domain/one', 'op=rename&name=other')).toBe('()');
    expect(got('/xend/domain')).toBe('(Domain-0 other)');
    expect(post('/xend/domain', `op=create&config=${encodeURIComponent(VM)}`)).toBe('()');
    expect(host.list()[2]).toMatch(/^sxp \d+ 12 1 ..p---$/);
    host.run('xm destroy sxp');
  });

  test('a domain is made of an S-expression', () => {
    expect(host.run('xm create -F /etc/sxp')).toMatch(
      /^Using config file "\/etc\/sxp"\.\nStarted domain sxp/,
    );
    expect(host.run('xm list --long sxp')).toMatch(
      /\(on_crash preserve\)[^]*\(args 'quiet please'\)[^]*\(mac 00:16:3e:00:00:31\)[^]*\(uname file:\/images\/a\)\n +\(dev sda1:disk\)\n +\(mode w\)/,
    );
    // What is told of one makes another.
    host.run('xm list --long sxp > /tmp/told; xm destroy sxp');
    expect(host.run('xm create -F /tmp/told')).toContain('Started domain sxp');
    host.run('xm destroy sxp; echo "(vm (name x) (colour red))" > /tmp/bad; echo "(vm" > /tmp/open');
    expect(host.run('xm create -F /tmp/bad; xm create -F /tmp/open')).toBe(
      'xm: /tmp/bad: colour: there is no such thing here\nxm: /tmp/open: line 2: a list has no end',
    );
  });

  test('XML-RPC, as xm of Xen 3 spoke it', () => {
    const call = (method: string, ...parameters: readonly string[]): string => {
      const params = parameters
        .map((each) => `<param><value><string>${each}</string></value></param>`)
        .join('');
      const xml = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${params}</params></methodCall>`;
      host.run(`echo -n '${xml}' > /tmp/body`);
      return host.run('wget -q -O - --post-file=/tmp/body http://127.0.0.1:8006/');
    };
    const one = call('xend.domain', 'other');
    expect(one).toContain('<value><string>name</string></value>\n<value><string>other</string></value>');
    expect(call('xend.domains', '0').match(/<string>[^<]*/g)).toEqual(['<string>Domain-0', '<string>other']);
    expect(call('xend.domain.pause', 'other')).toContain('<int>0</int>');
    expect(host.list()[1]).toMatch(/p---$/);
    call('xend.domain.unpause', 'other');
    expect(call('xend.domain.pause', 'none')).toMatch(
      /<name>faultString<\/name><value><string>Domain 'none' does not exist\./,
    );
    expect(call('xend.nothing')).toContain('method "xend.nothing" is not supported');
    expect(call('xend.node.info')).toContain('<string>xen_major</string>');
  });

  test('a domain is suspended, and resumed; its core is dumped', () => {
    expect(host.run('xm suspend other; echo $?; xm list | wc -l; xm resume other; echo $?')).toMatch(
      /\n0\n2\n[^]*\n0$/,
    );
    expect(host.list()[1]).toMatch(/^other \d+ 16 1 /);
    expect(host.run('xm dump-core other /tmp/core; echo $?')).toBe('Dumping core of domain: other ...\n0');
    // ELF, 64 bits, a core for x86-64; its pages are all of the domain's.
    expect(host.run('hexdump /tmp/core | head -n 2')).toMatch(/7f 45 4c 46 02 01 01 00[^]*04 00 3e 00/);
    expect(Number(/ (\d{8}) /.exec(host.run('ls -l /tmp/core'))![1])).toBeGreaterThan(15 << 20);
    expect(host.list()[1]).toMatch(/^other \d+ 16 1 [-r][-b]----$/);
    expect(
      host.run('rm /tmp/core; xm dump-core -C other /tmp/core; xm list | wc -l; rm /tmp/core'),
    ).toContain('\n2');
  });

  test('the host is told whole', () => {
    const names = host
      .run('xm info')
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(names).toEqual(
      (
        'host release version machine nr_cpus nr_nodes sockets_per_node cores_per_socket threads_per_core cpu_mhz hw_caps ' +
        'total_memory free_memory xen_major xen_minor xen_extra xen_caps xen_scheduler xen_pagesize platform_params ' +
        'xen_changeset xen_commandline cc_compiler cc_compile_by cc_compile_domain cc_compile_date xend_config_format'
      ).split(' '),
    );
    expect(host.run('xm info')).toMatch(
      /xen_caps +: xen-3\.0-x86_64[^]*platform_params +: virt_start=0xffff800000000000/,
    );
  });
});
