/**
 * What a domain's configuration, as xend keeps it, says of its devices: once one was attached or detached, those that it has now.
 * So they are there again when the domain is made anew, and go with it where it goes.
 */
import * as store from 'programs/lib/store';
import { number } from 'programs/lib/text';
import { Domain } from './domains';
import { configPath, keepText } from './managed';
import { pathOf } from './nodes';
import { Config } from './config';

/** The settings that say which devices a domain has. */
const OF_DEVICES: string[] = ['disk', 'vif', 'nics'];
/** Keys of a card, and the nodes of its backend that say them. */
const KEYS: string[] = ['mac', 'bridge', 'ip', 'script', 'vifname'];

/** The numbers of a domain's devices of a class (vif, vbd), in ascending order. */
export function devicesOf(domain: Domain, type: string): string[] {
  const found = store.listNode(pathOf(domain.id) + '/device/' + type);
  if (store.failure < 0) return [];
  found.sort((one, other) => <i32>(number(one) - number(other)));
  return found;
}

/** Keeps the devices that a domain has now, where xend keeps a configuration of it. 0, or a negative errno. */
export function keepDevices(domain: Domain): i32 {
  const config = new Config(configPath(domain.uuid));
  if (!config.read()) return 0;
  const lines = config.source.split('\n');
  let text = '';
  for (let n = 0; n < lines.length; n++)
    if (lines[n] != '' && !OF_DEVICES.includes(lines[n].split(' ')[0])) text += lines[n] + '\n';
  text += 'disk = [ ' + textsOf(domain, 'vbd', disk).join(', ') + ' ]\n';
  text += 'vif = [ ' + textsOf(domain, 'vif', card).join(', ') + ' ]\n';
  return keepText(text, domain.uuid, domain.name);
}

function textsOf(domain: Domain, type: string, textOf: (backend: string) => string): string[] {
  const devices = devicesOf(domain, type);
  const texts: string[] = [];
  for (let n = 0; n < devices.length; n++) {
    const backend = store.readNode(pathOf(domain.id) + '/device/' + type + '/' + devices[n] + '/backend');
    if (store.failure == 0) texts.push("'" + textOf(backend) + "'");
  }
  return texts;
}

function value(backend: string, name: string): string {
  const text = store.readNode(backend + '/' + name);
  return store.failure < 0 ? '' : text;
}

function disk(backend: string): string {
  const type = value(backend, 'type');
  const path = (type == 'tap' ? 'tap:aio' : type) + ':' + value(backend, 'params');
  return path + ',' + value(backend, 'dev') + ',' + value(backend, 'mode');
}

/** As a configuration says what xend wrote as BYTES,MICROSECONDS. */
export function rateText(rate: string): string {
  const parts = rate.split(',');
  if (parts.length != 2) return '';
  const us = number(parts[1]);
  return ((number(parts[0]) * 1_000_000) / max(us, 1)).toString() + 'B/s@' + parts[1] + 'us';
}

function card(backend: string): string {
  const parts: string[] = [];
  for (let n = 0; n < KEYS.length; n++) {
    const said = value(backend, KEYS[n]);
    if (said != '') parts.push(KEYS[n] + '=' + said);
  }
  const rate = rateText(value(backend, 'rate'));
  if (rate != '') parts.push('rate=' + rate);
  return parts.join(',');
}
