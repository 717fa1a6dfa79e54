/** Ports of the world on this machine: how they are named, and what comes through one. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { Gateway, DEFAULT_GATEWAY } from '../../devices/lan/gateway.ts';
import type { LanFault } from '../../devices/lan/lan.ts';
import { parsePublished, Publisher } from './publish.ts';

test.each([
  ['8080:8080', { host: '127.0.0.1', port: 8080, address: '10.0.0.100', toPort: 8080 }],
  ['0:10.0.0.101:80', { host: '127.0.0.1', port: 0, address: '10.0.0.101', toPort: 80 }],
  ['0.0.0.0:81:10.0.0.7:22', { host: '0.0.0.0', port: 81, address: '10.0.0.7', toPort: 22 }],
])('%s', (text, published) => {
  expect(parsePublished(text)).toEqual(published);
});

test.each(['8080', '8080:0', '70000:80', 'http:80', '80:10.0.0:80', '80:300.0.0.1:80', '::'])(
  '%s is refused',
  (text) => {
    expect(() => parsePublished(text)).toThrow(`--publish ${text}: `);
  },
);

test('who connects makes the gateway ask for the address; a network without one is told of', async () => {
  await expect(Publisher.listen(null, [])).rejects.toThrow('--publish needs a network with a gateway');
  const sent: LanFault[] = [];
  const gateway = new Gateway(DEFAULT_GATEWAY);
  const uplink = { gateway, nowNs: 0, inject: (fault: LanFault) => void sent.push(fault) };
  const publisher = await Publisher.listen(uplink, [parsePublished('0:10.0.0.9:80')]);
  try {
    const socket = connect(publisher.ports[0]!, '127.0.0.1');
    await new Promise<void>((done) => socket.once('connect', done));
    while (sent.length === 0) {
      await new Promise((done) => setTimeout(done));
      publisher.attend();
    }
    // An ARP request to all, of the gateway's, for 10.0.0.9.
    expect(sent).toEqual([
      {
        kind: 'frame from outside',
        frame:
          'ffffffffffff5254000000010806' + '0001080006040001525400000001' + '0a0000010000000000000a000009',
      },
    ]);
    socket.destroy();
  } finally {
    publisher.close();
  }
});
