/** Ports of hosts and domains, reachable on this machine: what connects here is connected there, through the world's gateway. */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { parseIpv4 } from '../../devices/lan/ethernet.ts';
import { Outside } from '../lab/outside/outside.ts';
import type { Uplink } from '../lab/outside/outside.ts';
import { UserError } from './user-error.ts';

/** Nobody else on the network reaches it, unless it is said so. */
const HERE = '127.0.0.1';
/** The first address that a gateway leases: the host that is alone, or the first one. */
const FIRST_HOST = '10.0.0.100';

/** A port of this machine, and where it leads. */
export interface Published {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly toPort: number;
}

/** `[HERE:]PORT:[ADDRESS:]PORT`. Throws UserError for another text. */
export function parsePublished(text: string): Published {
  const match = /^(?:([\d.]+):)?(\d{1,5}):(?:([\d.]+):)?(\d{1,5})$/.exec(text);
  const [, host = HERE, port, address = FIRST_HOST, toPort] = match ?? [];
  const ports = [Number(port), Number(toPort)];
  if (match === null || ports.some((each) => each > 65535) || Number(toPort) === 0)
    throw new UserError(
      `--publish ${text}: it is to be [ADDRESS:]PORT:[ADDRESS:]PORT, here and there: 8080:8080, 8081:10.0.0.101:8080`,
    );
  try {
    parseIpv4(host);
    parseIpv4(address);
  } catch (error) {
    throw new UserError(`--publish ${text}: ${(error as Error).message}`);
  }
  return { host, port: ports[0]!, address, toPort: ports[1]! };
}

/** Listens for what was published, until it is closed. */
export class Publisher {
  private readonly outside: Outside;
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(uplink: Uplink) {
    this.outside = new Outside(uplink);
  }

  /** Rejects with a UserError for a port that cannot be had. */
  static async listen(uplink: Uplink | null, published: readonly Published[]): Promise<Publisher> {
    if (uplink === null) throw new UserError('--publish needs a network with a gateway: give --dom0, too');
    const publisher = new Publisher(uplink);
    try {
      for (const each of published) await publisher.add(each);
    } catch (error) {
      publisher.close();
      throw error;
    }
    return publisher;
  }

  private async add({ host, port, address, toPort }: Published): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.connect(socket, parseIpv4(address), toPort);
    });
    this.servers.push(server);
    await new Promise<void>((done, failed) => {
      server.once('error', (error) => {
        failed(new UserError(`--publish: port ${String(port)} cannot be had: ${error.message}`));
      });
      server.listen(port, host, done);
    });
    process.stderr.write(
      `xenoscope: http://${host}:${String(this.ports.at(-1))}/ is port ${String(toPort)} of ${address} in the world\r\n`,
    );
  }

  private connect(socket: Socket, address: number, port: number): void {
    this.sockets.add(socket);
    const connection = this.outside.connect(address, port, {
      data: (bytes) => {
        socket.write(bytes);
      },
      ended: () => {
        socket.end();
        // Who has been answered in full has no more to say.
        connection.end();
      },
      closed: (problem) => {
        this.sockets.delete(socket);
        if (problem !== null) socket.destroy();
      },
    });
    socket.on('data', (bytes: Uint8Array) => {
      connection.send(bytes);
    });
    socket.on('end', () => {
      connection.end();
    });
    socket.on('error', () => {
      this.outside.break(connection, 'who asked has gone');
    });
  }

  /** Those of this machine, in the order of what was published. */
  get ports(): number[] {
    return this.servers.map((server) => {
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    });
  }

  /** To be called whenever the world stands for a moment. */
  attend(): void {
    this.outside.attend();
  }

  close(): void {
    for (const server of this.servers) server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

/** Publishes what a run was told to; null: nothing. Rejects with a UserError. */
export async function publish(
  { publish: published = [] }: { readonly publish?: readonly Published[] },
  uplink: () => Uplink | null,
): Promise<Publisher | null> {
  return published.length === 0 ? null : Publisher.listen(uplink(), published);
}
