/**
 * How far a migration is, as text in its record: who wants to see it watches the store, be it `xm` or somebody outside who looks into
 * the ring (ui/lab/migration.ts). Numbers that belong together stand in one value, `NAME=NUMBER` each, which is true by itself.
 */

/** What happened in a round. */
export class Round {
  /** Pages whose content went out; that were dirty again before their turn came; that were written meanwhile. */
  sent: u64 = 0;
  skipped: u64 = 0;
  dirtied: u64 = 0;
  bytes: u64 = 0;
  ns: u64 = 0;
  /** Bytes a second that it was held to; 0: it was not. */
  pace: u64 = 0;
  /** The domain was made to stand still for so much of it, in percent. */
  held: u64 = 0;
  /** The domain stood still. */
  isLast: bool = false;

  toText(): string {
    return (
      'sent=' +
      this.sent.toString() +
      ' skipped=' +
      this.skipped.toString() +
      ' dirtied=' +
      this.dirtied.toString() +
      ' bytes=' +
      this.bytes.toString() +
      ' ns=' +
      this.ns.toString() +
      ' pace=' +
      this.pace.toString() +
      ' held=' +
      this.held.toString() +
      ' last=' +
      (this.isLast ? '1' : '0')
    );
  }
}

/** A number of a text of progress; -1: it has none. */
export function numberIn(text: string, name: string): i64 {
  const words = text.split(' ');
  for (let n = 0; n < words.length; n++)
    if (words[n].startsWith(name + '=')) return I64.parseInt(words[n].substring(name.length + 1));
  return -1;
}

/**
 * Whoever sees to a domain's being sent while it runs: hears how far it is, and does what is not for the stream's writer to do.
 */
export abstract class Course {
  /** Pages of a round that were seen to, of all that it is to see to. Empty, or why it is not to go on. */
  abstract told(done: u64, all: u64): string;
  abstract ended(round: Round): void;
  /** Lets the domain suspend itself. Empty, or why it has not. */
  abstract suspend(): string;
  /** Lets the domain run for less of the time than it did. */
  abstract slowDown(): void;
  /** Of the time in which the domain is made to stand still, in percent. */
  abstract get heldPercent(): u64;
  /** Post-copy: pages that were asked for, that went without, and that are to go. */
  abstract toldLater(fetched: u64, pushed: u64, left: u64): void;
}
