/** The consoles of a host: whose there are, and where their bytes go. */
import { signal } from '@preact/signals';
import { Transcript } from '../lab/transcript.ts';
import type { DomainView } from '../lab/views.ts';

export interface ConsoleTab {
  /** The domain's id. */
  readonly id: number;
  readonly name: string;
  /** The domain has shut down or is gone. */
  readonly ended: boolean;
  /** It has printed while another was shown. */
  readonly news: boolean;
  /** It has printed anything. */
  readonly printed: boolean;
}

/** Of what a console prints while nobody can see it: more than its terminal scrolls back. */
const WAITING_BYTES = 2 ** 21;

type Print = (bytes: Uint8Array) => void;

export class Consoles {
  /** By id; the first is that of the lab's own domain, which keys go to. */
  readonly tabs = signal<readonly ConsoleTab[]>([]);
  /** The domain whose console is shown. */
  readonly shown = signal(-1);
  /** How many hosts there were. */
  readonly hosts = signal(0);
  private readonly prints = new Map<number, Print>();
  /** What came before anybody was there to show it, or while the page was hidden. */
  private readonly waiting = new Map<number, Transcript>();
  private readonly closed = new Set<number>();
  private readonly isHidden: () => boolean;

  /**
   * `isHidden`: nobody sees the page. A terminal draws by timers, which hardly go then: what is printed on and on would pile up
   * in it until it throws all away.
   */
  constructor(isHidden: () => boolean) {
    this.isHidden = isHidden;
  }

  /** Another host comes. */
  clear(): void {
    this.hosts.value++;
    this.tabs.value = [];
    this.shown.value = -1;
    this.prints.clear();
    this.waiting.clear();
    this.closed.clear();
  }

  show(id: number): void {
    this.shown.value = id;
    this.change(id, { news: false });
  }

  /** Takes an ended domain's console away. */
  close(id: number): void {
    this.closed.add(id);
    this.waiting.delete(id);
    // What prints it holds a terminal.
    this.prints.delete(id);
    this.tabs.value = this.tabs.value.filter((tab) => tab.id !== id);
    if (this.shown.value === id) this.show(this.tabs.value[0]?.id ?? -1);
  }

  /** Where a domain's bytes go from now on, beginning with those that have come. */
  attach(id: number, print: Print): void {
    this.prints.set(id, print);
    this.flush(id, print);
  }

  /** The page is seen again: what has been printed meanwhile is shown. */
  seen(): void {
    for (const [id, print] of this.prints) this.flush(id, print);
  }

  private flush(id: number, print: Print): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (waiting !== undefined) print(waiting.bytes());
  }

  print(id: number, bytes: Uint8Array): void {
    if (this.closed.has(id)) return;
    this.add(id, '');
    const print = this.prints.get(id);
    if (print !== undefined && !this.isHidden()) print(bytes);
    else this.wait(id, bytes);
    this.change(id, { printed: true, ...(this.shown.value === id ? {} : { news: true }) });
  }

  /** Learns who is on the host now. One that has ended leaves when another of its name is there. */
  look(domains: readonly DomainView[]): void {
    for (const { id, name } of domains) this.add(id, name);
    const ended = new Map(domains.map((domain) => [domain.id, domain.ended]));
    for (const tab of this.tabs.value) this.change(tab.id, { ended: ended.get(tab.id) ?? true });
    const own = this.tabs.value[0];
    const isReplaced = ({ id, name }: ConsoleTab): boolean =>
      this.tabs.value.some((other) => other.id > id && other.name === name && !other.ended);
    for (const tab of this.tabs.value)
      if (tab !== own && tab.ended && tab.id !== this.shown.value && isReplaced(tab)) this.close(tab.id);
  }

  private wait(id: number, bytes: Uint8Array): void {
    const waiting = this.waiting.get(id) ?? new Transcript(WAITING_BYTES);
    waiting.add(bytes);
    this.waiting.set(id, waiting);
  }

  private add(id: number, name: string): void {
    if (this.closed.has(id)) return;
    if (!this.tabs.value.some((tab) => tab.id === id)) {
      const tab = { id, name: `domain ${String(id)}`, ended: false, news: false, printed: false };
      this.tabs.value = [...this.tabs.value, tab].sort((one, other) => one.id - other.id);
      if (this.shown.value < 0) this.shown.value = id;
    }
    if (name !== '') this.change(id, { name });
  }

  private change(id: number, what: Partial<ConsoleTab>): void {
    const tab = this.tabs.value.find((each) => each.id === id);
    if (tab === undefined) return;
    const changed = { ...tab, ...what };
    const keys = Object.keys(what) as (keyof ConsoleTab)[];
    if (keys.every((key) => changed[key] === tab[key])) return;
    this.tabs.value = this.tabs.value.map((each) => (each === tab ? changed : each));
  }
}
