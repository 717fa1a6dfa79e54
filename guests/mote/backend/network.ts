/** The network cards of other domains: ports vifDOMID.DEVICE of this host's bridge. */
import { readNumber, writeNumber, writeText } from 'kernel/store';
import { Backend, BackendKind } from 'kernel/backend';
import { alloc, dispose, free } from 'kernel/heap';
import { NetworkBackend } from 'kernel/netback';
import { bytesOf } from '../fs/names';
import { BridgePort, hostBridge } from '../net/bridge';
import { get16, put16 } from '../net/bytes';
import { addBytes, finish } from '../net/checksum';
import { ETHERNET_HEADER, TYPE_IPV4 } from '../net/ethernet';
import { IPPROTO_TCP, IPPROTO_UDP } from '../abi';

const NAME_BYTES: usize = 16;

/** What the backend offers, and what it does not. */
const FEATURES: StaticArray<string> = [
  'feature-sg',
  'feature-rx-copy',
  'feature-split-event-channels',
  'multi-queue-max-queues',
];
const NOT_THERE: StaticArray<string> = [
  'feature-gso-tcpv4',
  'feature-gso-tcpv6',
  'feature-ipv6-csum-offload',
  'feature-xdp-headroom',
  'feature-rx-flip',
  'feature-multicast-control',
  'feature-dynamic-multicast-control',
  'feature-ctrl-ring',
];

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

  protected received(packet: usize, bytes: u32, needsChecksum: bool): void {
    if (needsChecksum) completeChecksum(packet, bytes);
    hostBridge()!.input(this.port, packet, bytes);
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

  deliver(at: usize, bytes: u32): void {
    this.vif.deliver(at, bytes);
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

const IPV4_HEADER: u32 = 20;
/** Where the checksum is in either protocol's header. */
const TCP_CHECKSUM: u32 = 16;
const UDP_CHECKSUM: u32 = 6;

/**
 * Completes the checksum of a TCP or UDP packet: the sender has put the sum of the pseudo-header there, and left the rest
 * to its card.
 */
function completeChecksum(frame: usize, bytes: u32): void {
  if (bytes < ETHERNET_HEADER + IPV4_HEADER || get16(frame + 12) != TYPE_IPV4) return;
  const packet = frame + ETHERNET_HEADER;
  const header = <u32>(load<u8>(packet) & 15) * 4;
  const total = get16(packet + 2);
  const protocol = <i32>load<u8>(packet + 9);
  if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) return;
  const at = header + (protocol == IPPROTO_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
  if (header < IPV4_HEADER || total > bytes - ETHERNET_HEADER || at + 2 > total) return;
  let sum = finish(addBytes(0, packet + header, total - header));
  if (sum == 0 && protocol == IPPROTO_UDP) sum = 0xffff;
  store<u16>(packet + at, <u16>sum);
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
