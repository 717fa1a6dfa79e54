/** The network cards of other domains: interfaces vifDOMID.DEVICE, which the toolstack's scripts plug into bridges or route to. */
import { readNumber, readText, writeNumber } from 'kernel/store/store';
import { Backend, BackendKind } from 'mote/backends/backend';
import { alloc, free } from 'kernel/memory/heap';
import { NetworkBackend } from 'mote/backends/netback';
import { bytesOf, textAt } from '../fs/names';
import { BridgePort, setHighest } from '../net/bridge';
import { addInterface, IFF_RUNNING, nameInterface, removeInterface } from '../net/interface';
import { headersOf } from '../net/offload';
import { removeRoutesBy } from '../net/route';

const NAME_BYTES: usize = 16;
const RATE_BYTES: usize = 48;

/** What the backend offers, and what it does not. */
const FEATURES: StaticArray<string> = [
  'feature-sg',
  'feature-gso-tcpv4',
  'feature-gso-tcpv6',
  'feature-ipv6-csum-offload',
  'feature-rx-copy',
  'feature-xdp-headroom',
  'feature-split-event-channels',
  'multi-queue-max-queues',
];
const NOT_THERE: StaticArray<string> = [
  'feature-rx-flip',
  'feature-multicast-control',
  'feature-dynamic-multicast-control',
  'feature-ctrl-ring',
];

const rate: usize = memory.data(RATE_BYTES);

class Vif extends NetworkBackend {
  private port: VifPort = VifPort.take();

  protected prepare(): bool {
    for (let index = 0; index < FEATURES.length; index++) writeNumber(0, this.directory, FEATURES[index], 1);
    for (let index = 0; index < NOT_THERE.length; index++)
      writeNumber(0, this.directory, NOT_THERE[index], 0);
    const handle = readNumber(this.directory, 'handle');
    const name = nameOf(this.domid, handle < 0 ? 0 : <u32>handle);
    this.port.plug(this, name);
    free(name);
    if (readText(this.directory, 'rate', rate, RATE_BYTES) > 0) this.credit.limit = rate;
    return true;
  }

  protected received(packet: usize, bytes: u32, isBlank: bool, segmentBytes: u32): void {
    if (segmentBytes == 0 || headersOf(packet, bytes) != 0)
      this.port.arrived(packet, bytes, isBlank, segmentBytes);
    else this.dropped++;
  }

  protected release(): void {
    this.port.unplug();
    super.release();
  }
}

/** The interface of a card of another domain's; one that is there no more is the next one's, for sockets and packets may know it. */
class VifPort extends BridgePort {
  private static spare: VifPort | null = null;
  private vif: Vif | null = null;
  private nextSpare: VifPort | null = null;

  static take(): VifPort {
    const made = VifPort.spare;
    if (made == null) return new VifPort('');
    VifPort.spare = made.nextSpare;
    return made;
  }

  plug(vif: Vif, name: usize): void {
    this.vif = vif;
    nameInterface(this, textAt(name));
    setHighest(this.hardware);
    this.flags |= IFF_RUNNING;
    addInterface(this);
  }
  unplug(): void {
    const bridge = this.bridge;
    if (bridge != null) bridge.remove(this);
    if (this.vif != null) {
      removeRoutesBy(this);
      removeInterface(this);
      this.cache.clear();
    }
    this.vif = null;
    this.nextSpare = VifPort.spare;
    VifPort.spare = this;
  }

  get takesBlank(): bool {
    const vif = this.vif;
    return vif != null && vif.takesBlank;
  }
  deliver(at: usize, bytes: u32, isBlank: bool, segmentBytes: u32): void {
    const vif = this.vif;
    if (vif != null) vif.deliver(at, bytes, isBlank);
  }
}

/** "vif1.0", on the heap. */
function nameOf(domid: u32, handle: u32): usize {
  const name = alloc(NAME_BYTES);
  store<u8>(name, 118);
  store<u8>(name + 1, 105);
  store<u8>(name + 2, 102);
  let at = putNumber(name + 3, domid);
  store<u8>(at++, 46);
  at = putNumber(at, handle);
  store<u8>(at, 0);
  return name;
}

function putNumber(at: usize, value: u32): usize {
  if (value >= 10) at = putNumber(at, value / 10);
  store<u8>(at, <u8>(48 + (value % 10)));
  return at + 1;
}

class Vifs extends BackendKind {
  constructor() {
    super(bytesOf('backend/vif'));
  }

  protected make(directory: usize): Backend {
    return new Vif(directory);
  }
}

let kind: Vifs | null = null;

/** Serves network cards from now on. */
export function startNetwork(): void {
  const vifs = new Vifs();
  kind = vifs;
  vifs.start();
}

/** The cards that are served, the latest first. */
export function servedCards(): Backend | null {
  const vifs = kind;
  return vifs == null ? null : vifs.list;
}
