/** The network cards of other domains: ports vifDOMID.DEVICE of this host's bridge. */
import { readNumber, writeNumber, writeText } from 'kernel/store/store';
import { Backend, BackendKind } from 'mote/backends/backend';
import { alloc, dispose, free } from 'kernel/memory/heap';
import { NetworkBackend } from 'mote/backends/netback';
import { bytesOf } from '../fs/names';
import { BridgePort, hostBridge } from '../net/bridge';
import { Segments } from '../net/offload';

const NAME_BYTES: usize = 16;

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

const segments = new Segments();

class Vif extends NetworkBackend {
  private port: VifPort = new VifPort(this);

  protected prepare(): bool {
    for (let index = 0; index < FEATURES.length; index++) writeNumber(0, this.directory, FEATURES[index], 1);
    for (let index = 0; index < NOT_THERE.length; index++)
      writeNumber(0, this.directory, NOT_THERE[index], 0);
    const handle = readNumber(this.directory, 'handle');
    this.port.name = nameOf(this.domid, handle < 0 ? 0 : <u32>handle);
    hostBridge()!.add(this.port);
    writeText(0, this.directory, 'hotplug-status', 'connected');
    return true;
  }

  protected received(packet: usize, bytes: u32, isBlank: bool, segmentBytes: u32): void {
    if (segmentBytes == 0) hostBridge()!.input(this.port, packet, bytes, isBlank);
    else if (segments.begin(packet, bytes, segmentBytes))
      while (segments.next()) hostBridge()!.input(this.port, segments.at, segments.bytes);
    else this.dropped++;
  }

  protected release(): void {
    hostBridge()!.remove(this.port);
    free(this.port.name);
    dispose(this.port);
    super.release();
  }
}

class VifPort extends BridgePort {
  private vif: Vif;

  constructor(vif: Vif) {
    super();
    this.vif = vif;
  }

  get takesBlank(): bool {
    return this.vif.takesBlank;
  }
  deliver(at: usize, bytes: u32, isBlank: bool): void {
    this.vif.deliver(at, bytes, isBlank);
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
