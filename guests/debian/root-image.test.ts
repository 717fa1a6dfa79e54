import { expect, test } from 'vitest';
import { hasTools, tool } from '../tests/ext2.ts';
import { rootImage } from './root-image.ts';

test.skipIf(!hasTools())('an image says nothing of when it was made: it is the same each time', () => {
  const image = rootImage(new TextEncoder().encode('no BusyBox'), 'ext4', 4);
  for (const path of ['/', '/etc', '/etc/rc', '/bin/busybox', '/bin/sh', '/lost+found']) {
    const told = tool(image, 'debugfs', (file) => ['-R', `stat ${path}`, file]);
    expect([...told.matchAll(/^ *([acm]|cr)time: (0x[0-9a-f]+)/gm)].map(([, , time]) => time)).toEqual(
      Array(4).fill('0x6483bd00'),
    );
  }
});
