/** The network cards that Xen's toolstack has given this domain: eth0, eth1, … by the frontend of the kernel's library. */
import { Connector } from 'kernel/frontends/connector';
import { Frontend } from 'kernel/frontends/frontend';
import { NetworkFrontend } from 'kernel/frontends/netfront';
import { bytesOf } from '../fs/names';
import { announce } from './arp';
import { EthernetInterface } from './ethernet';
import { HARDWARE_BYTES } from './frame';
import { addInterface, IFF_RUNNING, removeInterface } from './interface';
import { removeRoutesBy } from './route';

const MAX_CARDS: i32 = 4;
const NAMES: StaticArray<string> = ['eth0', 'eth1', 'eth2', 'eth3'];

class Card extends NetworkFrontend {
  interface_: CardInterface | null = null;

  protected received(packet: usize, bytes: u32): void {
    const to = this.interface_;
    if (to != null) to.frameArrived(packet, bytes);
  }
}

/** It stays when its card goes, for sockets and packets may know it; the next card of its name has it. */
class CardInterface extends EthernetInterface {
  private card: Card | null = null;

  /** A card is plugged in. */
  plug(card: Card): void {
    this.card = card;
    card.interface_ = this;
    memory.copy(changetype<usize>(this.hardware), changetype<usize>(card.address), HARDWARE_BYTES);
    this.flags |= IFF_RUNNING;
    addInterface(this);
  }
  unplug(): void {
    removeRoutesBy(this);
    removeInterface(this);
    this.cache.clear();
    this.card = null;
  }

  protected transmit(at: usize, bytes: u32, segmentBytes: u32): void {
    const card = this.card;
    if (card == null || card.send(at, bytes) < 0) this.dropped++;
  }
}

const cards = new StaticArray<Card | null>(MAX_CARDS);
const plugs = new StaticArray<CardInterface | null>(MAX_CARDS);

/** Whose event has come: ports and cards are few. */
function serve(port: u32): void {
  for (let index = 0; index < MAX_CARDS; index++) {
    const card = cards[index];
    if (card != null && card.port == port) card.serve();
  }
}

class Cards extends Connector {
  protected connect(directory: usize, name: usize): Frontend | null {
    let place = 0;
    while (place < MAX_CARDS && cards[place] != null) place++;
    if (place == MAX_CARDS) return null;
    const card = new Card(directory);
    cards[place] = card;
    if (!card.connect(serve)) {
      cards[place] = null;
      return null;
    }
    if (plugs[place] == null) plugs[place] = new CardInterface(NAMES[place]);
    plugs[place]!.plug(card);
    return card;
  }

  protected withdraw(frontend: Frontend): void {
    const place = placeOf(frontend);
    cards[place]!.down();
    plugs[place]!.unplug();
  }
  protected drop(frontend: Frontend): void {
    cards[placeOf(frontend)] = null;
  }
}

function placeOf(frontend: Frontend): i32 {
  let place = 0;
  while (cards[place] != frontend) place++;
  return place;
}

/** Tells the networks where the cards are now: the domain was restored. */
export function announceAll(): void {
  for (let index = 0; index < MAX_CARDS; index++) {
    const card = cards[index];
    if (card == null) continue;
    const made = card.interface_;
    if (made != null) announce(made);
  }
}

/** Looks for cards. */
export function initCards(): void {
  new Cards(bytesOf('device/vif')).start();
}
