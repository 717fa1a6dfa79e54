/** What a face asks of ports in the world: a request goes in from outside, and what is answered until the connection ends is told. */
import { parseIpv4 } from '../../../devices/lan/ethernet.ts';
import { joined } from '../../../guests/toolchain/bytes.ts';
import { Outside } from '../outside/outside.ts';
import { labUplink, worldUplink } from '../outside/uplink.ts';
import type { Command, Update } from '../protocol.ts';
import type { OpenedRun } from '../runs.ts';

const MOST_BYTES = 1 << 24;

export class Browsing {
  private readonly post: (update: Update) => void;
  private opened: OpenedRun | null = null;
  /** Null: nobody has asked for anything. */
  private outside: Outside | null = null;

  constructor(post: (update: Update) => void) {
    this.post = post;
  }

  /** Another world is there. */
  enter(opened: OpenedRun): void {
    this.forget();
    this.outside = null;
    this.opened = opened;
  }

  /** Nothing of what is under way comes to its end: the world stands, or is at another instant. */
  forget(): void {
    this.outside?.forget();
  }

  /** To be called whenever the world that runs stands for a moment. */
  attend(): void {
    this.outside?.attend();
  }

  fetch({ id, address, port, request }: Extract<Command, { type: 'fetch' }>, isRunning: boolean): void {
    const refuse = (problem: string): void => {
      this.post({ type: 'fetched', id, response: null, problem });
    };
    if (!isRunning) {
      refuse('the world stands: let it run, and ask again');
      return;
    }
    const outside = (this.outside ??= this.meet());
    if (outside === null) {
      refuse('no network of this world has a gateway');
      return;
    }
    let to;
    try {
      to = parseIpv4(address);
    } catch (error) {
      refuse((error as Error).message);
      return;
    }
    this.ask(outside, id, to, port, request);
  }

  private ask(outside: Outside, id: number, address: number, port: number, request: Uint8Array): void {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    const connection = outside.connect(address, port, {
      data: (part) => {
        parts.push(part);
        bytes += part.length;
        if (bytes > MOST_BYTES) outside.break(connection, 'the answer is too long');
      },
      ended: () => {
        connection.end();
      },
      closed: (problem) => {
        const response = problem === null ? joined(parts) : null;
        this.post({ type: 'fetched', id, response, problem: problem ?? '' });
      },
    });
    connection.send(request);
  }

  private meet(): Outside | null {
    const { opened } = this;
    if (opened === null) return null;
    const uplink = opened.world === null ? labUplink(opened.hosts[0]!.lab) : worldUplink(opened.world);
    return uplink === null ? null : new Outside(uplink);
  }
}
