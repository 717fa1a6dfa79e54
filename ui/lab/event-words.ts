/** What a person may type where it is asked for an event (event-filter.ts reads it). */
import { EVENT_KINDS } from '../../hypervisor/trace/text.ts';

/** What an event may begin with; `event` is an upcall. */
export const EVENT_WORDS: readonly string[] = ['event', ...EVENT_KINDS];

export const FILTER_HELP = 'KIND [NAME of a hypercall] [PATH of xenstore] [domain N] [argK=VALUE] [/WORDS/]';
