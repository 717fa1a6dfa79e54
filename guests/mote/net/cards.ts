/** The network cards that Xen's toolstack has given this domain: eth0, eth1, … by the frontend of the kernel's library. */
import { Connector } from 'kernel/frontends/connector';
import { NetworkFrontend } from 'kernel/frontends/netfront';
import { bytesOf } from '../fs/names';
import { announce } from './arp';
import { EthernetInterface, HARDWARE_BYTES } from './ethernet';
import { addInterface, IFF_RUNNING } from './interface';

const MAX_CARDS: i32 = 4;
const NAMES: StaticArray<string> = ['eth0', 'eth1', 'eth2', 'eth3'];

class Card extends NetworkFrontend {
  interface_: CardInterface | null = null;

  protected received(packet: usize, bytes: u32): void {
    const to = this.interface_;
    if (to != null) to.frameArrived(packet, bytes);
  }
}

class CardInterface extends EthernetInterface {
  private card: Card;

  constructor(name: string, card: Card) {
    super(name);
    this.card = card;
    this.flags |= IFF_RUNNING;
    memory.copy(changetype<usize>(this.hardware), changetype<usize>(card.address), HARDWARE_BYTES);
  }

  protected transmit(at: usize, bytes: u32): void {
    if (this.card.send(at, bytes) < 0) this.dropped++;
  }
}

const cards = new StaticArray<Card | null>(MAX_CARDS);

/** Whose event has come: ports and cards are few. */
function serve(port: u32): void {
  for (let index = 0; index < MAX_CARDS; index++) {
    const card = cards[index];
    if (card != null && card.port == port) card.serve();
  }
}

class Cards extends Connector {
  private count: i32 = 0;

  protected connect(directory: usize, name: usize): void {
    if (this.count == MAX_CARDS) return;
    const card = new Card(directory);
    cards[this.count] = card;
    if (!card.connect(serve)) {
      cards[this.count] = null;
      return;
    }
    const made = new CardInterface(NAMES[this.count++], card);
    card.interface_ = made;
    addInterface(made);
  }
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
