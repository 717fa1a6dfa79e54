/** What domain 0 does with the hardware for Xen: the commands of platform_op. */
import { row } from '../explanation.ts';
import type { CallRow } from '../explanation.ts';

const PLATFORM = 'hypercalls/platform-op.ts';

const platform = (
  says: string,
  why: string,
  more: Partial<Pick<CallRow, 'gives' | 'errors'>> = {},
): CallRow => row(says, why, PLATFORM, 'platformOp', more);

export const PLATFORM_COMMANDS: Readonly<Record<string, CallRow>> = {
  XENPF_settime32: platform(
    'sets the wall clock to {secs} s',
    'Domain 0 has the battery clock, and tells everybody what time it is.',
  ),
  XENPF_settime64: platform(
    'sets the wall clock to {secs} s',
    'Domain 0 has the battery clock, and tells everybody what time it is.',
  ),
  XENPF_add_memtype: platform('sets the caching of a range of memory', 'By MTRRs: this machine has none.', {
    errors: { EOPNOTSUPP: 'there are none' },
  }),
  XENPF_del_memtype: platform('gives a range’s caching back', 'By MTRRs: this machine has none.'),
  XENPF_read_memtype: platform('asks for the caching of memory', 'By MTRRs: this machine has none.'),
  XENPF_microcode_update: platform(
    'gives {length} bytes of microcode',
    'Corrections of the processor: this one has none.',
  ),
  XENPF_platform_quirk: platform(
    'tells of an oddity of the machine, number {quirk_id}',
    'Domain 0 knows more of chipsets than Xen.',
  ),
  XENPF_get_cpu_version: platform('asks which processor {xen_cpuid} is', 'Vendor, family, model.', {
    gives: 'family {family}, model {model}',
  }),
  XENPF_efi_runtime_call: platform('makes a call of the firmware', 'EFI: this machine has a BIOS.'),
  XENPF_firmware_info: platform(
    'asks what the firmware said of {type:FIRMWARE}, number {index}',
    'Xen was booted by the firmware, not domain 0: it passes on what it was told.',
    { errors: { ESRCH: 'it said nothing of that' } },
  ),
  XENPF_enter_acpi_sleep: platform('sends the machine to sleep', 'This machine has no ACPI.', {
    errors: { EPERM: 'it cannot' },
  }),
  XENPF_change_freq: platform('changes a processor’s frequency', 'Frequencies are Xen’s affair here.'),
  XENPF_getidletime: platform(
    'asks how long processors were idle',
    'For domain 0’s choice of frequencies, which is Xen’s affair here.',
  ),
  XENPF_set_processor_pminfo: platform('tells of the power states of processor {id}', 'From ACPI: not here.'),
  XENPF_get_cpuinfo: platform(
    'asks about processor {xen_cpuid}',
    'Whether it is online, and its number for ACPI.',
    { gives: 'flags {flags:hex}' },
  ),
  XENPF_cpu_online: platform('brings processor {cpuid} of the machine up', 'All of them are.'),
  XENPF_cpu_offline: platform('takes processor {cpuid} of the machine down', 'None goes here.', {
    errors: { EOPNOTSUPP: 'none goes here' },
  }),
  XENPF_cpu_hotadd: platform(
    'tells of a new processor',
    'Machines that are enlarged while they run: not this one.',
  ),
  XENPF_mem_hotadd: platform(
    'tells of new memory',
    'Machines that are enlarged while they run: not this one.',
  ),
  XENPF_core_parking: platform('asks for cores to be parked', 'To save power: none is parked here.', {
    gives: '{idle_nums} parked',
  }),
  XENPF_resource_op: platform('asks for machine registers', 'For monitoring of caches: not here.'),
  XENPF_get_symbol: platform('asks for a name in Xen’s binary', 'For profilers: not here.'),
};
