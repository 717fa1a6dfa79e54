/** The network cards that Xen's toolstack has given this domain: eth0, eth1, … by the frontend of the kernel's library. */
import { alloc, dispose, free } from 'kernel/heap';
import { NetworkFrontend } from 'kernel/netfront';
import { listNames } from 'kernel/store';
import { endThread, makeRunnable, Thread } from 'kernel/threads';
import { hasXenstore } from 'kernel/xenbus';
import { bytesOf } from '../fs/names';
import { EthernetInterface, HARDWARE_BYTES } from './ethernet';
import { addInterface, IFF_RUNNING } from './interface';

const MAX_CARDS: i32 = 4;
const NAMES: StaticArray<string> = ['eth0', 'eth1', 'eth2', 'eth3'];
const NAME_BYTES: usize = 256;

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

/** Connects the cards one after the other: a backend may take its time, and nobody waits for it. */
class Connector extends Thread {
  run(): void {
    const names = alloc(NAME_BYTES);
    const bytes = listNames(bytesOf('device/vif'), names, NAME_BYTES);
    let count = 0;
    for (let at: i32 = 0; at < bytes && count < MAX_CARDS;) {
      const length = textLength(names + at);
      if (connect(names + at, length, count)) count++;
      at += length + 1;
    }
    free(names);
    endThread();
  }
}

function textLength(at: usize): i32 {
  let length = 0;
  while (load<u8>(at + length) != 0) length++;
  return length;
}

const PREFIX = 'device/vif/';

/** Connects the card of a name of device/vif. False: its backend does not. */
function connect(name: usize, length: i32, index: i32): bool {
  const directory = alloc(PREFIX.length + length + 1);
  for (let at = 0; at < PREFIX.length; at++) store<u8>(directory + at, <u8>PREFIX.charCodeAt(at));
  memory.copy(directory + PREFIX.length, name, length + 1);
  const card = new Card(directory);
  cards[index] = card;
  if (!card.connect(serve)) {
    cards[index] = null;
    return false;
  }
  const made = new CardInterface(NAMES[index], card);
  card.interface_ = made;
  addInterface(made);
  return true;
}

/** Looks for cards, where there is a store that could tell of them. */
export function initCards(): void {
  if (!hasXenstore()) return;
  const connector = new Connector();
  if (connector.prepare()) makeRunnable(connector);
  else dispose(connector);
}
