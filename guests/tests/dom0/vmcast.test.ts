/** VMcasting, as the book's last chapter has it: a feed, an archive with a description and a manifest, and the domain that comes of it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { filesOf } from '../../toolchain/cpio.ts';
import { moteImages } from '../../toolchain/mote-node.ts';
import { hasTools, makeImage } from '../ext2.ts';
import { Host } from './testing.ts';

const PROGRAMS = ['init', 'sh', 'cat', 'ls'];
const APPLIANCE = `<?xml version="1.0" ?>
<appliance>
 <name xml:lang="en">
 <label>Mote</label>
 <shortdesc>Mote</shortdesc>
 <longdesc>
 Mote, a minimal install for XEN
 </longdesc>
 </name>
 <version>1.0</version>
 <vm name="mote">
 <name xml:lang="en">
 <label>mote 1.0</label>
 </name>
 <memory static_min="12 MiB" />
 <vbd name="sda1" vdi="sda1" mode="RW" />
 </vm>
 <vdi name="sda1" src="file:///sda1.img.gz" variety="system"
 compression='gzip'>
 <name>
 <label>mote scsi disk 1</label>
 </name>
 </vdi>
</appliance>
`;

function feed(...names: readonly string[]): Uint8Array {
  // Lines are broken where the book's are, within an address, too.
  const items = names.map(
    (name) => `<item>
 <title>${name}</title>
 <link>http://www.vmcasting.org/</link>
 <enclosure url="http://127.0.0.1:8081/
 ${name}.xvm" length="1" type=
 "application/octet-stream"/>
 <description>
 <![CDATA[An image with <title>minimal</title> components
 required for more.]]>
 </description>
 <pubDate>Fri, 16 Feb 2007 14:43:18 -0800</pubDate>
</item>
`,
  );
  const text = `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0">
 <channel>
 <title>A feed</title>
<link>http://jamaica/files/test.rss</link>
<language>en-us</language>
${items.join('')}</channel>
</rss>
`;
  return new TextEncoder().encode(text);
}

/** A root with a few programs, packed. */
async function packedRoot(): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'vmcast-'));
  try {
    for (const name of ['bin', 'dev', 'etc', 'proc', 'tmp']) mkdirSync(join(folder, name));
    for (const [path, data] of filesOf((await moteImages()).ramdisk)) {
      const name = path.replace('bin/', '');
      if (!PROGRAMS.includes(name)) continue;
      writeFileSync(join(folder, 'bin', name), data);
      chmodSync(join(folder, 'bin', name), 0o755);
    }
    writeFileSync(join(folder, 'cast'), 'by a feed\n');
    return gzipSync(makeImage(800, '-d', folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** An archive whose manifest says of its image what `sum` is. */
function archive(
  image: Uint8Array,
  sum = createHash('sha1').update(image).digest('hex'),
  appliance = APPLIANCE,
): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'xvm-'));
  try {
    const described = createHash('sha1').update(appliance).digest('hex');
    writeFileSync(join(folder, 'xvm.xml'), appliance);
    writeFileSync(join(folder, 'sda1.img.gz'), image);
    writeFileSync(join(folder, 'manifest.txt'), `${described}  xvm.xml\n${sum}  sda1.img.gz\n`);
    writeFileSync(join(folder, 'signature.asc'), 'a signature\n');
    const names = ['xvm.xml', 'manifest.txt', 'signature.asc', 'sda1.img.gz'];
    execFileSync('tar', ['-C', folder, '--format=ustar', '-cf', join(folder, 'a.xvm'), ...names]);
    return readFileSync(join(folder, 'a.xvm'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!hasTools())('a host that is offered domains', () => {
  let host: Host;
  beforeAll(async () => {
    const image = await packedRoot();
    host = await Host.boot({
      'cast/feed.rss': feed('mote', 'damaged', 'none', 'evil'),
      'cast/empty.rss': feed(),
      'cast/mote.xvm': archive(image),
      'cast/damaged.xvm': archive(image, '0'.repeat(40)),
      'cast/evil.xvm': archive(
        image,
        undefined,
        APPLIANCE.replace('<vdi name="sda1"', '<vdi name="a=1; echo got in; b"'),
      ),
    });
    host.run('httpd -p 8081 /cast &');
  });

  test('it is told what there is, and takes one', () => {
    expect(host.run('vmcast http://127.0.0.1:8081/feed.rss')).toBe(
      ['mote', 'damaged', 'none', 'evil']
        .map((name, n) => `${String(n + 1)} ${name}: http://127.0.0.1:8081/${name}.xvm`)
        .join('\n'),
    );
    expect(host.run('vmcast http://127.0.0.1:8081/feed.rss 1 cast; sleep 0.3')).toMatch(
      /^xvm\.xml: OK\nsda1\.img\.gz: OK\nvmcast: its signature is not checked: there is no gpg here\nUsing config file "\/etc\/xen\/cast"\.\nStarted domain cast \(id=1\)$/,
    );
    expect(host.list()[1]).toBe('cast 1 12 1 -b----');
    expect(host.inside('cast', 'cat /cast')).toBe('by a feed');
  });

  test('what is not what its manifest says is no domain', () => {
    expect(host.run('vmcast http://127.0.0.1:8081/feed.rss 2 bad; echo $?')).toMatch(
      /sda1\.img\.gz: FAILED\nvmcast: .*damaged\.xvm: it is not what its manifest says\n1$/,
    );
    expect(host.run('vmcast http://127.0.0.1:8081/feed.rss 3 bad; echo $?')).toMatch(
      /none\.xvm: it cannot be fetched\n1$/,
    );
    expect(host.run('vmcast http://127.0.0.1:8081/feed.rss 4 bad; echo $?')).toMatch(
      /vmcast: a=1; echo got in; b: sda1\.img\.gz: that is no name of an image\n1$/,
    );
    expect(
      host.run('vmcast http://127.0.0.1:8081/empty.rss; vmcast http://127.0.0.1:8081/feed.rss 9 x'),
    ).toMatch(/it offers no domains\n[^]*it has no number 9$/);
    expect(host.list()).toHaveLength(2);
  });

  test('its sums are those of others', () => {
    const text = 'x'.repeat(1000);
    host.run(`echo ${text} > /tmp/x; cat /tmp/x /tmp/x > /tmp/y; echo -n abc > /tmp/z`);
    const sum = (of: string): string => createHash('sha1').update(of).digest('hex');
    expect(host.run('sha1sum /tmp/x /tmp/y /tmp/z')).toBe(
      `${sum(`${text}\n`)}  /tmp/x\n${sum(`${text}\n${text}\n`)}  /tmp/y\n${sum('abc')}  /tmp/z`,
    );
  });
});
