/** The shape of the rows of the one table of explanations, and what a face is told of an event. */
import type { TraceDetail } from '../../../hypervisor/trace/event.ts';
import type { DomainNames } from './words.ts';

/** A name in Xen's public headers: xen/include/public/`file`. */
export interface HeaderName {
  readonly file: string;
  readonly symbol: string;
}

/** Where it is done here: a file of this repository, and what it exports. */
export interface SourceName {
  readonly path: string;
  readonly name: string;
}

/** A kind of event. */
export interface KindRow<K extends TraceDetail['kind']> {
  /** What it is called. */
  readonly title: string;
  /** A sentence. `who`: whose it was, in words. */
  says(detail: Extract<TraceDetail, { kind: K }>, who: string, names: DomainNames): string;
  /** What it is for, to somebody who has never seen a hypervisor. */
  readonly why: string;
  readonly header: HeaderName | null;
  readonly source: SourceName;
}

/** A hypercall, or a command of one. */
export interface CallRow {
  /** What the caller does, with values: `binds a port to port {remote_port} of {remote_dom:dom}`. */
  readonly says: string;
  /** What it has got, where it has succeeded; empty: nothing to tell. */
  readonly gives: string;
  readonly why: string;
  readonly source: SourceName;
  /** What an error or a status means here, where it means more than by itself. */
  readonly errors: Readonly<Record<string, string>>;
  /** Xen's headers know nothing of it. */
  readonly isOurs: boolean;
}

/** A hypercall: its own row, which holds for a command that there is none of too, and those of its commands by name. */
export interface HypercallRows {
  readonly header: string;
  readonly row: CallRow;
  readonly commands: Readonly<Record<string, CallRow>>;
  readonly errors: Readonly<Record<string, string>>;
}

/** A value of an event, by its name in Xen's headers. */
export interface ToldValue {
  readonly name: string;
  readonly value: string;
  /** Where Xen has changed it: what it is now. */
  readonly after?: string;
}

/** All that is told of an event. */
export interface Explanation {
  readonly title: string;
  readonly sentence: string;
  readonly why: string;
  readonly values: readonly ToldValue[];
  readonly header: HeaderName | null;
  readonly source: SourceName;
  /** How it ended, in words; null: that is not known, or there is nothing to say. */
  readonly result: string | null;
  /** Which check said no. */
  readonly refusal: string | null;
}

/** A row of a hypercall's commands. `path` and `name`: where it is done. */
export function row(
  says: string,
  why: string,
  path: string,
  name: string,
  more: Partial<Pick<CallRow, 'gives' | 'errors' | 'isOurs'>> = {},
): CallRow {
  return {
    says,
    why,
    gives: '',
    errors: {},
    isOurs: false,
    source: { path: `hypervisor/${path}`, name },
    ...more,
  };
}
