/** How a migration is to go: what `xm migrate` was told, as text between it and xend. */
import { bad, number } from 'programs/lib/text';

/** As libxc has them (xg_sr_save.c: max_iterations, dirty_threshold), and how often the domain's memory may be sent (xc_linux_save). */
const ROUNDS: i64 = 5;
const PAGES: i64 = 50;
const TIMES: i64 = 3;
const NAMES: string[] = ['live', 'rounds', 'pages', 'times', 'floor', 'ceiling', 'converge', 'postcopy'];
const USUAL: i64[] = [0, ROUNDS, PAGES, TIMES, 0, 0, 0, 0];
const MOST: i64[] = [1, 1000, 1 << 30, 1000, 1_000_000, 1_000_000, 1, 1];

export class Limits {
  private values: i64[] = USUAL.slice(0);

  private at(name: string): i64 {
    return this.values[NAMES.indexOf(name)];
  }
  /** It runs meanwhile; else all are sent while it stands still. */
  get isLive(): bool {
    return this.at('live') != 0;
  }
  /** Rounds in which it runs; pages left that are few; how many times its pages may be sent before it is stopped. */
  get rounds(): i64 {
    return this.at('rounds');
  }
  get pages(): i64 {
    return this.at('pages');
  }
  get times(): i64 {
    return this.at('times');
  }
  /** Of the bandwidth, in Mbit/s; 0: none. */
  get floor(): i64 {
    return this.at('floor');
  }
  get ceiling(): i64 {
    return this.at('ceiling');
  }
  /** Where rounds do not become fewer pages, it stands still for a share of the time. */
  get converges(): bool {
    return this.at('converge') != 0;
  }

  /** It is stopped at once, and its pages follow it when it runs there (dom0/lib/saved/later.ts). */
  get isPostCopy(): bool {
    return this.at('postcopy') != 0;
  }

  /** Whether there is such a limit, and it may be so. */
  set(name: string, text: string): bool {
    const which = NAMES.indexOf(name);
    const value = number(text);
    if (which < 0 || bad || value < 0 || value > MOST[which]) return false;
    this.values[which] = value;
    return true;
  }

  toText(): string {
    const words: string[] = [];
    for (let n = 0; n < NAMES.length; n++) words.push(NAMES[n] + '=' + this.values[n].toString());
    return words.join(' ');
  }

  static of(text: string): Limits {
    const limits = new Limits();
    const words = text.split(' ');
    for (let n = 0; n < words.length; n++) {
      const parts = words[n].split('=');
      if (parts.length == 2) limits.set(parts[0], parts[1]);
    }
    return limits;
  }
}
