/**
 * What xend keeps of the domains that it manages: their configuration, by UUID, and what is to become of one that has ended.
 */
import { rmdir, unlink } from 'programs/lib/calls';
import { readFile } from 'programs/lib/io';
import { Config } from './config';
import { putFile } from './log';

export const MANAGED: string = '/var/lib/xend/domains/';

/** Below /vm/UUID: when the domain was last made anew. */
export const LAST_RESTART: string = '/xend/previous_restart_time';

export const DESTROY: string = 'destroy';
export const RESTART: string = 'restart';
export const PRESERVE: string = 'preserve';
export const RENAME_RESTART: string = 'rename-restart';
const ACTIONS: string[] = [DESTROY, RESTART, PRESERVE, RENAME_RESTART];

/** The settings that say it, and what is usual. */
const ENDINGS: string[] = ['on_poweroff', 'on_reboot', 'on_crash'];
const USUAL: string[] = [DESTROY, RESTART, RESTART];

/** What `restart` said once, and what that is for each ending. */
const RESTARTS_NAMED: string[] = ['always', 'onreboot', 'never'];
const RESTARTS: string[][] = [
  [RESTART, RESTART, RESTART],
  [DESTROY, RESTART, DESTROY],
  [DESTROY, DESTROY, DESTROY],
];

/** Whether a setting is one of these; one that says no action is complained of. */
export function checkActions(config: Config): bool {
  for (let n = 0; n < ENDINGS.length; n++) {
    const setting = config.find(ENDINGS[n]);
    if (setting == null || ACTIONS.includes(setting.text)) continue;
    config.complain(setting, setting.text + ': it is to be one of ' + ACTIONS.join(', '));
    return false;
  }
  const restart = config.find('restart');
  if (restart == null || RESTARTS_NAMED.includes(restart.text)) return true;
  config.complain(restart, restart.text + ': it is to be one of ' + RESTARTS_NAMED.join(', '));
  return false;
}

/** What is to become of a domain that has ended so: `poweroff`, `reboot`, `crash`. */
export function actionAfter(config: Config, ending: string): string {
  const at = ENDINGS.indexOf('on_' + ending);
  const setting = config.find(ENDINGS[at]);
  if (setting != null) return setting.text;
  const restart = config.find('restart');
  return restart == null ? USUAL[at] : RESTARTS[RESTARTS_NAMED.indexOf(restart.text)][at];
}

export function configPath(uuid: string): string {
  return MANAGED + uuid + '/config';
}

/** Keeps a file as a domain's configuration, with what is to hold instead of what stands in it. 0, or a negative errno. */
export function keepConfig(file: string, uuid: string, name: string): i32 {
  const text = readFile(file);
  return keepText(text == null ? '' : text, uuid, name);
}

/** As `keepConfig`, of a configuration that is in no file. */
export function keepText(text: string, uuid: string, name: string): i32 {
  // Of two settings of one name the last one holds.
  return putFile(configPath(uuid), text + 'uuid = "' + uuid + '"\nname = "' + name + '"\n');
}

export function dropConfig(uuid: string): void {
  unlink(configPath(uuid));
  rmdir(MANAGED + uuid);
}
