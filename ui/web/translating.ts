/** Has code explained as the processor's translator sees it, by a worker of its own: a build has another, and is not waited for. */
import { signal } from '@preact/signals';
import type { ExplainedRegion } from '../../core/translator/explain.ts';
import { startCompiler } from './build.ts';
import type { BuildReply, ExplainRequest } from './build-protocol.ts';

export interface Translation {
  /** Sign-interpreted. */
  readonly address: number;
  /** null: there is no code that a translation begins with; a text: what went wrong. */
  readonly region: ExplainedRegion | string | null;
}

/** What was explained last; null: nothing has been. */
export const translation = signal<Translation | null>(null);

let worker: Promise<Worker> | undefined;
let underWay: ExplainRequest | undefined;
/** What is wanted by now, when that is done. */
let wanted: ExplainRequest | undefined;

/** `translation` becomes that of a page's code; what was asked for in between is left out. */
export function translate(request: ExplainRequest): void {
  wanted = request;
  if (underWay === undefined) next();
}

function next(): void {
  underWay = wanted;
  wanted = undefined;
  if (underWay === undefined) return;
  const request = underWay;
  worker ??= start();
  worker
    .then((to) => {
      to.postMessage(request);
    })
    .catch((error: unknown) => {
      failed(String(error));
    });
}

async function start(): Promise<Worker> {
  const started = await startCompiler();
  started.onmessage = ({ data }: MessageEvent<BuildReply>) => {
    if (data.type === 'explained') translation.value = data;
    else if (data.type === 'failed') tell(data.diagnostics.map(({ message }) => message).join('; '));
    next();
  };
  started.onerror = ({ message }) => {
    failed(message);
  };
  return started;
}

function failed(why: string): void {
  worker = undefined;
  tell(`it cannot be loaded: ${why}`);
  next();
}

function tell(why: string): void {
  if (underWay !== undefined) translation.value = { address: underWay.address, region: why };
}
