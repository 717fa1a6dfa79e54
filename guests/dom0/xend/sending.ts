/**
 * Sends a domain to another host: the stages of the paper (Clark et al. 2005), each written into the migration's record before it
 * begins, so that whoever takes it up where a process has ended knows what may be done. `xm migrate` has made the record, and watches.
 */
import {
  ETIMEDOUT,
  XEN_DOMCTL_destroydomain,
  XEN_DOMCTL_shadow_op,
  XEN_DOMCTL_SHADOW_OP_OFF,
  xen_domctl_shadow_op,
} from 'xen';
import { CLOCK_MONOTONIC, SO_SNDBUF, SOCK_STREAM, SOL_SOCKET } from 'mote/abi';
import { Config } from 'dom0/lib/config';
import { awaitGone, Domain, domainOfId } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { configPath } from 'dom0/lib/managed';
import * as hand from 'dom0/lib/migration/handshake';
import { Hold } from 'dom0/lib/migration/hold';
import { Limits } from 'dom0/lib/migration/limits';
import { HEARD, Message, NO } from 'dom0/lib/migration/message';
import { Course, Round } from 'dom0/lib/migration/progress';
import * as record from 'dom0/lib/migration/record';
import { MIGRATING, Record } from 'dom0/lib/migration/record';
import { forget, pathOf } from 'dom0/lib/nodes';
import { toJson } from 'dom0/lib/saved/configuration';
import { END } from 'dom0/lib/saved/format';
import { ALL_HERE } from 'dom0/lib/saved/later';
import { Reader } from 'dom0/lib/saved/reader';
import { Saver } from 'dom0/lib/saved/saver';
import { awaitSuspended, resumeDomain, suspendDomain } from 'dom0/lib/saved/suspend';
import { Writer } from 'dom0/lib/saved/writer';
import { writeEnd, writeHeader } from 'dom0/lib/saved/xl-file';
import { presentOf } from 'dom0/xm/save';
import { clock, close } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { address, badAddress, connect, setOption, socket } from 'programs/lib/sockets';
import { readNode, writeNode } from 'programs/lib/store';
import { number } from 'programs/lib/text';
import { askUntilKnown, runsThere } from './asking';
import { info, refuse } from './log';
import { LATER, mayCome, offerOf } from './offers';

/** Begins the migration of a record, or takes it up. */
export function sendAway(path: string): void {
  const sending = new Sending(new Record(path));
  if (sending.record.change([record.ASKED], record.PRE_MIGRATION)) sending.begin();
  sending.conclude();
}

const CALLED_OFF: string = 'it was called off';

const NO_POST_COPY: string = ' does not know of post-copy: it takes in domains as a whole';
/** What becomes of one that is in two halves when they come apart. */
const LOST: string = 'the domain is lost: it ran there, and not all of its pages had gone (post-copy): ';

class Sending extends Course {
  private domid: u32;
  private name: string;
  private host: string;
  private limits: Limits;
  private attempt: string = '';
  private connection: i32 = -1;
  private rounds: i32 = 0;
  private startNs: u64 = clock(CLOCK_MONOTONIC);
  private suspendNs: u64 = 0;
  private hold: Hold;
  /** Of post-copy. */
  private saver: Saver | null = null;

  constructor(public record: Record) {
    super();
    const domid = <u32>number(record.get('domid'));
    this.domid = domid;
    this.name = record.get('name');
    this.host = record.get('host');
    this.limits = Limits.of(record.get('limits'));
    this.hold = new Hold(domid, record);
  }

  /** All of it, as far as it comes: the record says how far. */
  begin(): void {
    const problem = this.prepare();
    const failed = problem == '' ? this.send() : problem;
    this.hold.release();
    if (this.connection >= 0) close(this.connection);
    if (failed != '') this.record.put('problem', failed);
  }

  /** The next stage. False: it is not to go on. */
  private enter(stage: string): bool {
    if (!this.record.change(record.OWN_STAGES, stage)) return false;
    this.log(stage);
    return true;
  }
  private log(stage: string): void {
    info('migration: ' + stage + ': ' + this.name + ' to ' + this.host);
  }

  /** Stage 0: whether it can go, and whether the other host would take it. Empty, or what is wrong. */
  private prepare(): string {
    this.log(record.PRE_MIGRATION);
    const domain = domainOfId(this.domid);
    if (domain == null || domain.isShutDown || domain.isDying) return 'it has ended';
    const config = new Config(configPath(domain.uuid));
    if (!config.read()) return 'there is no configuration of it';
    const own = mayCome(config);
    if (own != '') return own;
    let problem = this.connect();
    if (problem != '') return problem;
    const answer = this.offer(domain, config);
    if (answer != null) {
      if (answer.what == NO) return this.host + ' does not take it: ' + answer.get('why');
      if (this.limits.isPostCopy && answer.get(LATER) == '') return this.host + NO_POST_COPY;
      this.record.put('attempt', this.attempt);
      return '';
    }
    if (this.limits.isPostCopy) return this.host + NO_POST_COPY;
    // It is an xl that has been spoken to in words that it does not know.
    close(this.connection);
    this.attempt = '';
    problem = this.connect();
    return problem;
  }

  private reader: Reader = new Reader(-1);
  private writer: Writer = new Writer(-1);

  private connect(): string {
    const place = address(this.host);
    if (badAddress) return this.host + ': there is no such host';
    this.connection = socket(SOCK_STREAM);
    setOption(this.connection, SOL_SOCKET, SO_SNDBUF, hand.STREAM_BYTES);
    const failed = connect(this.connection, place, <u32>number(this.record.get('port')));
    if (failed < 0)
      return (
        this.host + ': ' + describe(failed) + '; does its xend take in domains (xend-relocation-server)?'
      );
    this.reader = new Reader(this.connection, hand.SENDER_PATIENCE_MS);
    this.writer = new Writer(this.connection, hand.SENDER_PATIENCE_MS);
    if (hand.hears(this.reader, hand.BANNER)) return '';
    return this.host + ': it does not let this host in (xend-relocation-hosts-allow)';
  }

  /** Null: the other side does not know what that is. */
  private offer(domain: Domain, config: Config): Message | null {
    this.attempt = this.record.get('attempt');
    const present = presentOf(domain, config);
    present.name = this.name;
    const offer = offerOf(this.attempt, present, config, this.limits.isPostCopy);
    return offer.send(this.writer) ? Message.hear(this.reader) : null;
  }

  /** Empty, or what is wrong: then it is here as it was. */
  private send(): string {
    const domain = domainOfId(this.domid);
    if (domain == null) return 'it has ended';
    const config = new Config(configPath(domain.uuid));
    config.read();
    const present = presentOf(domain, config);
    present.name = this.name;
    writeNode(pathOf(this.domid) + '/name', MIGRATING + this.name);
    if (!this.enter(record.RESERVATION)) return CALLED_OFF;
    writeHeader(this.writer, toJson(config, present));
    this.writer.flush();
    const problem = this.limits.isPostCopy
      ? this.copyLittle()
      : this.limits.isLive
        ? this.copyLive()
        : this.copy();
    if (problem != '') return problem;
    writeEnd(this.writer);
    if (this.writer.failed < 0) return this.lost();
    if (Message.comes(this.reader)) return this.lost();
    if (!hand.hears(this.reader, hand.READY)) return this.lost();
    return this.giveAway();
  }

  private copyLive(): string {
    if (!this.enter(record.PRE_COPY)) return CALLED_OFF;
    const saver = new Saver(this.domid, this.writer);
    if (saver.runLive(this.limits, this)) return '';
    return this.writer.failed < 0 ? this.lost() : saver.problem;
  }

  private copy(): string {
    const problem = this.suspend();
    if (problem != '') return problem;
    this.writer.setPace(<u64>this.limits.ceiling * 125_000);
    const saver = new Saver(this.domid, this.writer);
    if (saver.run()) return '';
    return this.writer.failed < 0 ? this.lost() : saver.problem;
  }

  /** Post-copy: what it cannot be put together without and what is constant, while it runs, and what of that has changed. */
  private copyLittle(): string {
    const saver = new Saver(this.domid, this.writer);
    this.saver = saver;
    if (saver.runPostCopy(this.limits, this)) {
      const later = saver.later!;
      this.toldLater(0, 0, later.left);
      return '';
    }
    return this.writer.failed < 0 ? this.lost() : saver.problem;
  }

  /** Why the other side takes no more: it may have said so, unless nothing of it comes at all. */
  private lost(): string {
    const isSilent = this.writer.failed == -ETIMEDOUT;
    const said: Message | null = isSilent ? null : Message.hear(this.reader);
    if (said != null && said.what == NO) return this.host + ' could not take it: ' + said.get('why');
    const why = this.writer.failed < 0 ? describe(this.writer.failed) : 'it has hung up';
    return this.host + ' could not take it: ' + why + ' (its /var/log/xen/xend.log may say more)';
  }

  /** Stages 4 and 5. */
  private giveAway(): string {
    // Nothing has gone out yet: if this cannot be written down, nothing will.
    if (!this.record.change([record.STOP_AND_COPY], record.COMMITMENT))
      return this.record.state == record.STAYS ? CALLED_OFF : 'the store does not take it';
    this.log(record.COMMITMENT);
    // From here on it may be in two halves, whatever becomes of this process.
    if (this.limits.isPostCopy) this.record.put(record.HALVES, '1');
    hand.say(this.writer, hand.PERMISSION);
    // In halves nothing is won by asking: what breaks this connection breaks the domain.
    const isPatient = this.attempt == '' || this.limits.isPostCopy;
    const patienceMs = isPatient ? hand.SENDER_PATIENCE_MS : hand.REPORT_PATIENCE_MS;
    this.reader.patienceMs = patienceMs;
    const result = new StaticArray<u8>(1);
    if (!hand.hears(this.reader, hand.REPORT) || !this.reader.take(changetype<usize>(result), 1)) return '';
    if (result[0] == 0) {
      this.tellTotal();
      if (this.limits.isPostCopy) this.sendRest();
      else runsThere(this.record, this.writer);
    } else if (hand.hears(this.reader, hand.PERMISSION)) {
      this.record.change([record.COMMITMENT], record.STOP_AND_COPY);
      return this.host + ' could not let it run';
    }
    return '';
  }

  /** Post-copy: it runs there; its pages follow. */
  private sendRest(): void {
    if (!this.record.change([record.COMMITMENT], record.ACTIVATION)) return;
    this.log(record.ACTIVATION);
    this.record.change([record.ACTIVATION], record.POST_COPY);
    this.log(record.POST_COPY);
    const saver = this.saver!;
    this.reader.patienceMs = hand.SENDER_PATIENCE_MS;
    let isDone = saver.serveLater(this.reader, this.connection, this);
    if (isDone) {
      this.writer.beginRecord(END, 0);
      this.writer.flush();
      isDone = this.writer.failed == 0 && this.hearAll();
    }
    if (isDone) this.record.put(record.HALVES, '');
    if (isDone) new Message(HEARD).with('attempt', this.attempt).send(this.writer);
    else this.record.put('problem', this.writer.failed < 0 ? describe(this.writer.failed) : 'it has hung up');
    saver.release();
    const later = saver.later!;
    info(
      'migration: ' +
        this.name +
        ': ' +
        later.fetched.toString() +
        ' pages were fetched by ' +
        this.host +
        ', ' +
        later.pushed.toString() +
        ' pushed, ' +
        later.left.toString() +
        ' left',
    );
  }

  /** It is said that all is there. What was asked for while it went is of no use any more. */
  private hearAll(): bool {
    let word: u64 = 0;
    while (word != ALL_HERE && !this.reader.isShort) word = this.reader.word64();
    return word == ALL_HERE;
  }

  toldLater(fetched: u64, pushed: u64, left: u64): void {
    const ns = clock(CLOCK_MONOTONIC) - this.suspendNs;
    const counts =
      'fetched=' + fetched.toString() + ' pushed=' + pushed.toString() + ' left=' + left.toString();
    this.record.put('later', counts + ' bytes=' + this.writer.bytes.toString() + ' ns=' + ns.toString());
  }

  private tellTotal(): void {
    const now = clock(CLOCK_MONOTONIC);
    const ns = (now - this.startNs).toString();
    const down = (now - this.suspendNs).toString();
    this.record.put('total', 'bytes=' + this.writer.bytes.toString() + ' ns=' + ns + ' down=' + down);
  }

  /** What is to be done where it has come to: then it is over. */
  conclude(): void {
    if (this.record.state == record.COMMITMENT) this.learn();
    const state = this.record.state;
    if (state == record.ACTIVATION || state == record.POST_COPY) this.leave();
    else if (state == record.STAYS || this.record.change(record.OWN_STAGES, record.STAYS)) this.goOn();
  }

  private learn(): void {
    if (this.record.get('attempt') != '') {
      askUntilKnown(this.record);
      return;
    }
    const what =
      'it is not known whether ' + this.host + ' runs it, and it cannot be asked: it stays suspended here.';
    this.record.put('asking', what + " If it does not run there, 'xm resume' lets it go on");
    if (this.record.change([record.COMMITMENT], record.UNKNOWN))
      refuse('migration: ' + this.name + ': ' + what);
  }

  /** It runs elsewhere. */
  private leave(): void {
    hyper.begin();
    hyper.domctl(XEN_DOMCTL_destroydomain, this.domid);
    forget(this.domid);
    awaitGone(this.domid);
    if (this.record.get(record.HALVES) == '') {
      this.end('');
      return;
    }
    const why = this.record.get('problem');
    const problem = LOST + (why == '' ? this.host + ' was not heard of any more' : why);
    this.record.put('problem', problem);
    // Once it has ended, whoever waits for it (xm) may remove the record.
    this.record.put('state', record.ENDED);
    refuse('migration: ' + this.name + ': ' + problem);
  }

  /** It runs here as before: that it stays is written down, so that nobody gives it away any more. */
  private goOn(): void {
    hyper.begin();
    store<u32>(hyper.domctlPart(), XEN_DOMCTL_SHADOW_OP_OFF, xen_domctl_shadow_op.op);
    hyper.domctl(XEN_DOMCTL_shadow_op, this.domid);
    Hold.releaseOf(this.record, this.domid);
    // It may have been asked to suspend itself, and not have done so yet.
    if (this.record.get('stopping') != '' && awaitSuspended(this.domid) == '') resumeDomain(this.domid);
    writeNode(pathOf(this.domid) + '/name', this.name);
    // One that came from here to here, and could not stay, has left its own.
    writeNode(readNode(pathOf(this.domid) + '/vm') + '/name', this.name);
    const problem = this.record.get('problem');
    this.end(problem == '' ? 'it was broken off' : problem);
  }

  private end(problem: string): void {
    this.record.put('problem', problem);
    this.record.put('state', record.ENDED);
    if (problem != '') refuse('migration: ' + this.name + ' stays here: ' + problem);
  }

  told(done: u64, all: u64): string {
    this.record.put(
      'progress',
      'round=' + (this.rounds + 1).toString() + ' done=' + done.toString() + ' of=' + all.toString(),
    );
    return this.record.state == record.STAYS ? CALLED_OFF : '';
  }

  ended(round: Round): void {
    this.rounds++;
    const text = round.toText();
    this.record.put('rounds/' + this.rounds.toString(), text);
    info('migration: ' + this.name + ': round ' + this.rounds.toString() + ': ' + text);
  }

  suspend(): string {
    if (!this.enter(record.STOP_AND_COPY)) return CALLED_OFF;
    this.record.put('stopping', '1');
    this.suspendNs = clock(CLOCK_MONOTONIC);
    const problem = suspendDomain(this.domid, this.hold);
    if (problem == '') this.record.put('suspended', '1');
    return problem;
  }

  slowDown(): void {
    this.writer.ticker = this.hold;
    this.hold.more();
    info('migration: ' + this.name + ' stands still for ' + this.hold.percent.toString() + ' % of the time');
  }

  get heldPercent(): u64 {
    return this.hold.percent;
  }
}
