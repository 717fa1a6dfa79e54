/** xm migrate [--live | --postcopy] [LIMITS] DOMAIN HOST: lets xend send a domain to another host, and tells how that goes. */
import { CLOCK_REALTIME, POLLIN, SIGINT } from 'mote/abi';
import { Limits } from 'dom0/lib/migration/limits';
import { numberIn } from 'dom0/lib/migration/progress';
import * as record from 'dom0/lib/migration/record';
import { Record } from 'dom0/lib/migration/record';
import { clock, setSignal } from 'programs/lib/calls';
import { addressOf } from 'programs/lib/intrinsics';
import { complain, flush, print } from 'programs/lib/io';
import { PollSet } from 'programs/lib/poll';
import { storeFile, takeNotices, watch, writeNode } from 'programs/lib/store';
import { bad, number, table } from 'programs/lib/text';
import { isTerminal } from 'programs/lib/terminal';
import { domainOf } from './arguments';
import { isSet, misused, valueOf } from './switches';

export const USAGE: string =
  '[--live | --postcopy] [--port=PORT] [--resource=MBIT] [--min-rate=MBIT] [--max-rounds=N] [--max-left=PAGES] [--max-factor=N] ' +
  '[--auto-converge] DOMAIN HOST';
const USUAL_PORT: i64 = 8002;
const NS_PER_MS: i64 = 1_000_000;
/** How long xend may take to begin. */
const XEND_MS: i32 = 5000;
const COLUMNS: i64 = 40;

export const SWITCHES: string =
  'l/live p/port= -/postcopy -/auto-converge -/resource= -/max-rounds= -/max-left= -/max-factor= -/min-rate=';
/** Switches, and the limits that they set. */
const SWITCHED: string[] = ['live', 'auto-converge', 'postcopy'];
const SET: string[] = ['live', 'converge', 'postcopy'];
const VALUES: string[] = ['resource', 'max-rounds', 'max-left', 'max-factor', 'min-rate'];
const VALUED: string[] = ['ceiling', 'rounds', 'pages', 'times', 'floor'];

let port: i64 = USUAL_PORT;

export function migrate(args: string[]): i32 {
  const limits = new Limits();
  if (args.length != 2 || !takeSwitches(limits)) return misused();
  const domain = domainOf(args[0]);
  if (domain == null) return 1;
  const name = domain.name;
  const kept = record.sendingOf(domain.uuid);
  const state = kept.state;
  let problem = '';
  if (domain.id == 0) problem = 'this is the host itself';
  else if (state != '' && state != record.ENDED) problem = 'it is on its way already';
  else problem = ask(kept, domain.id, name, args[1], limits);
  if (problem == '') return 0;
  complain(name + ': ' + problem);
  return 1;
}

/** False: a value is none. */
function takeSwitches(limits: Limits): bool {
  if (isSet('live') && isSet('postcopy')) return false;
  for (let n = 0; n < SWITCHED.length; n++) if (isSet(SWITCHED[n]) && !limits.set(SET[n], '1')) return false;
  for (let n = 0; n < VALUES.length; n++)
    if (isSet(VALUES[n]) && !limits.set(VALUED[n], valueOf(VALUES[n]))) return false;
  if (!isSet('port')) return true;
  port = number(valueOf('port'));
  return !bad && port > 0 && port < 65536;
}

/** Empty, or what is wrong: then the domain is here as it was, but where it is said. */
function ask(kept: Record, domid: u32, name: string, host: string, limits: Limits): string {
  // From here on Ctrl-C calls the migration off; nothing else is broken off by it.
  const onInterrupt = (): void => {
    isInterrupted = true;
  };
  setSignal(SIGINT, addressOf(onInterrupt.index));
  kept.remove();
  kept.put('domid', domid.toString());
  kept.put('name', name);
  kept.put('host', host);
  kept.put('port', port.toString());
  kept.put('limits', limits.toText());
  // No two of one domain are alike, whoever sends it.
  kept.put(
    'attempt',
    kept.path.substring(record.SENDING.length + 1) + '-' + clock(CLOCK_REALTIME).toString(16),
  );
  kept.put('state', record.ASKED);
  if (watch(kept.path, '') < 0) return 'the store does not take it';
  writeNode(record.WANTED, kept.path.substring(record.SENDING.length + 1));
  return attend(kept, limits.isLive);
}

/** Watches until it is over, or nobody knows when it will be. */
function attend(kept: Record, isLive: bool): string {
  const shows = isTerminal(1);
  let shown = '';
  for (let state = record.ASKED; state != record.ENDED; state = kept.state) {
    if (state == record.ASKED && !hears(XEND_MS) && kept.change([record.ASKED], record.ENDED)) {
      kept.remove();
      return 'xend does not answer: is it running?';
    }
    if (state != record.ASKED) hears(LOOK_MS);
    if (isInterrupted) {
      isInterrupted = false;
      if (!callOff(kept)) complain('it has been given away: that cannot be called off any more');
    }
    const asking = kept.get('asking');
    if (asking != '') return end(shown, asking + ". 'xm list' shows when that is known");
    if (shows) shown = show(kept, shown);
  }
  const problem = kept.get('problem');
  end(shown, '');
  if (problem == '') tell(kept, isLive);
  kept.remove();
  return problem;
}

/** Ctrl-C: it stays here. False: it was given away, and that cannot be taken back. */
function callOff(kept: Record): bool {
  if (!kept.change([record.ASKED], record.ENDED)) return kept.change(record.OWN_STAGES, record.STAYS);
  kept.put('problem', 'it was called off');
  return true;
}

/** Ctrl-C may come right before a wait: it is looked for this often. */
const LOOK_MS: i32 = 1000;
const polled = new PollSet();
let isInterrupted: bool = false;

/** Waits for a change, or Ctrl-C. False: there is none in this time, in ms. */
function hears(timeoutMs: i32): bool {
  polled.clear();
  polled.add(storeFile(), POLLIN);
  const came = isInterrupted || polled.wait(timeoutMs) != 0;
  takeNotices();
  return came;
}

/** A bar of how far the round is, on a terminal. */
function show(kept: Record, shown: string): string {
  const progress = kept.get('progress');
  const state = kept.state;
  if (state == record.POST_COPY) return draw(shown, laterText(kept.get('later')));
  if (progress == '' || (state != record.PRE_COPY && state != record.STOP_AND_COPY)) return shown;
  const bar = barOf(numberIn(progress, 'done'), numberIn(progress, 'of'));
  return draw(
    shown,
    'round ' + numberIn(progress, 'round').toString().padStart(2) + ' [' + bar + '] ' + state,
  );
}

function barOf(done: i64, all: i64): string {
  return '#'.repeat(<i32>((done * COLUMNS) / max<i64>(all, 1))).padEnd(<i32>COLUMNS, '.');
}

/** Post-copy: it runs there, and so many of its pages have followed. */
function laterText(later: string): string {
  const done = numberIn(later, 'fetched') + numberIn(later, 'pushed');
  const bar = barOf(done, done + numberIn(later, 'left'));
  return 'pages    [' + bar + '] ' + record.POST_COPY + ', ' + fetchedText(later);
}
function fetchedText(later: string): string {
  const fetched = numberIn(later, 'fetched').toString();
  return fetched + ' fetched, ' + numberIn(later, 'pushed').toString() + ' pushed';
}

function draw(shown: string, text: string): string {
  if (text == shown) return shown;
  print('\r' + text.padEnd(shown.length));
  flush();
  return text;
}

function end(shown: string, text: string): string {
  if (shown != '') print('\r' + ' '.repeat(shown.length) + '\r');
  flush();
  return text;
}

function tell(kept: Record, isLive: bool): void {
  const rows: string[][] = [['Round', 'Sent', 'Skipped', 'Dirtied', 'KiB', 'ms', 'Mbit/s']];
  for (let n = 1; ; n++) {
    const round = kept.get('rounds/' + n.toString());
    if (round == '') break;
    const roundBytes = numberIn(round, 'bytes');
    const roundNs = max<i64>(numberIn(round, 'ns'), 1);
    rows.push([
      numberIn(round, 'last') == 1 ? 'last' : n.toString(),
      numberIn(round, 'sent').toString(),
      numberIn(round, 'skipped').toString(),
      numberIn(round, 'dirtied').toString(),
      (roundBytes / 1024).toString(),
      (roundNs / NS_PER_MS).toString(),
      ((roundBytes * 8000) / roundNs).toString(),
    ]);
  }
  if (isLive) print(table(rows, 126));
  const total = kept.get('total');
  if (total == '') return;
  const ms = (numberIn(total, 'ns') / NS_PER_MS).toString();
  const down = (numberIn(total, 'down') / NS_PER_MS).toString();
  print(
    'Sent ' +
      (numberIn(total, 'bytes') / 1024).toString() +
      ' KiB in ' +
      ms +
      ' ms, suspended for ' +
      down +
      ' ms\n',
  );
  const later = kept.get('later');
  if (later == '') return;
  print(
    'Then its pages followed, ' +
      fetchedText(later) +
      ': ' +
      (numberIn(later, 'bytes') / 1024).toString() +
      ' KiB in all, the last after ' +
      (numberIn(later, 'ns') / NS_PER_MS).toString() +
      ' ms\n',
  );
}
