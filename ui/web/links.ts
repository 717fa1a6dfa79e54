/**
 * Addresses that open a world: behind the page's own, `#world=LINK` (lab/link.ts) has a whole run in it, which no server sees;
 * `#demo=NAME` is one that comes with the page; `?open=URL` is a file: a snapshot, or the recording that a failed test has left.
 */
import { effect } from '@preact/signals';
import { fileOfLink } from '../lab/link.ts';
import type { OpenRequest } from '../lab/protocol.ts';
import { DEMOS, urlOf } from './demos.ts';
import type { LabClient } from './lab-client.ts';
import { usualHost } from './mote.ts';

const WORLD = '#world=';
const DEMO = '#demo=';

/** The boot whose world the address has; -1: none. */
let ofBoot = -1;

/** The address of this page with a link's end. */
export function addressOf(link: string): string {
  return new URL(`${WORLD}${link}`, document.baseURI).href;
}

/** Opens what the page's address has; false: it has nothing. */
export function openAddress(client: LabClient): boolean {
  const { hash, search } = location;
  const url = new URLSearchParams(search).get('open');
  if (hash.startsWith(WORLD)) void open(client, 'The link', () => readLink(hash.slice(WORLD.length)));
  else if (hash.startsWith(DEMO)) void openDemo(client, decodeURIComponent(hash.slice(DEMO.length)));
  else if (url !== null) void open(client, url, () => fetchWorld(url));
  else return false;
  return true;
}

/** Goes on opening what somebody puts there. Where another world is, it is not in the address any more. */
export function watchAddress(client: LabClient): void {
  addEventListener('hashchange', () => {
    openAddress(client);
  });
  effect(() => {
    const { value: boots } = client.boots;
    if (boots > 0 && boots !== ofBoot) history.replaceState(null, '', location.pathname);
  });
}

/** `name`: what it is, at the beginning of a sentence. */
async function open(client: LabClient, name: string, load: () => Promise<OpenRequest>): Promise<void> {
  try {
    const request = await load();
    ofBoot = client.boots.value + 1;
    client.open(request, name, false);
  } catch (error) {
    client.error.value = `${name} cannot be opened: ${error instanceof Error ? error.message : String(error)}.`;
  }
}

async function readLink(link: string): Promise<OpenRequest> {
  const file = await fileOfLink(link);
  return { file, beginning: await usualHost() };
}

/** The address of a run that comes with the page, behind that. */
export function demoAddress(name: string): string {
  return DEMO + name;
}

async function openDemo(client: LabClient, wanted: string): Promise<void> {
  const demo = DEMOS.find(({ name }) => name === wanted);
  if (demo === undefined) client.error.value = `There is no demo “${wanted}” here.`;
  else await open(client, demo.title, () => fetchWorld(urlOf(demo)));
}

async function fetchWorld(url: string): Promise<OpenRequest> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${String(response.status)} ${response.statusText}`);
  return { file: new Uint8Array(await response.arrayBuffer()) };
}
