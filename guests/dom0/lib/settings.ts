/** The settings that a configuration may have. */
import { Config } from './config';

/** Settings that are lists. */
export const LISTS: string[] = ['disk', 'vif', 'cpus', 'cpuid'];

/** Texts and numbers. */
const SETTINGS: string[] = [
  'kernel',
  'ramdisk',
  'builder',
  'memory',
  'maxmem',
  'name',
  'uuid',
  'vcpus',
  'cpu',
  'cpus',
  'cpu_weight',
  'cpu_cap',
  'nics',
  'root',
  'extra',
  'dhcp',
  'ip',
  'netmask',
  'gateway',
  'hostname',
  'interface',
  'nfs_server',
  'nfs_root',
  'restart',
  'on_poweroff',
  'on_reboot',
  'on_crash',
];

/** Settings of machines that are fully virtualized. */
const FULL: string[] = [
  'boot',
  'device_model',
  'pae',
  'sdl',
  'serial',
  'shadow_memory',
  'stdvga',
  'vnc',
  'vncconsole',
  'vncunused',
  'vncviewer',
];
/** Settings of what is not there, and what that is. */
const ABSENT: string[][] = [
  ['acpi', 'the virtual firmware of a fully virtualized machine'],
  ['apic', 'the virtual firmware of a fully virtualized machine'],
  ['bootloader', "a boot loader that reads a domain's disk in domain 0: give a kernel"],
  ['console', 'a console port of its own: xm console leads to it'],
  ['features', "choosing a kernel's features: it gets those that it asks for"],
  ['localtime', 'a clock of local time: it is UTC'],
  ['pci', "giving a domain a device of the host's"],
  ['usb', 'a USB controller'],
  ['vfb', 'a framebuffer'],
];

export function isSetting(name: string): bool {
  return LISTS.includes(name) || SETTINGS.includes(name) || absent(name) != '';
}

/** What a setting is of that is not there; empty: it is there. */
function absent(name: string): string {
  for (let n = 0; n < ABSENT.length; n++) if (ABSENT[n][0] == name) return ABSENT[n][1];
  return FULL.includes(name) ? 'a fully virtualized machine' : '';
}

/** Whether all settings are known, of their kind, and of what is there; what is not is complained of. */
export function areKnown(config: Config): bool {
  for (let n = 0; n < config.settings.length && config.problem == ''; n++) {
    const setting = config.settings[n];
    const isOff = setting.text == '' || setting.text == '0';
    const missing = absent(setting.name);
    if (missing != '') {
      if (!isOff) config.complain(setting, 'there is no such thing here: ' + missing);
    } else if (!isSetting(setting.name)) config.complain(setting, 'there is no such setting');
    else if (setting.isList && !LISTS.includes(setting.name)) config.complain(setting, 'it is no list');
    else if (!setting.isList && !SETTINGS.includes(setting.name))
      config.complain(setting, 'it is to be a list');
  }
  return config.problem == '';
}
