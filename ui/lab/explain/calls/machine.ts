/** Who Xen is, its console, the machine's devices, batches, and what is not for guests. */
import { row } from '../explanation.ts';
import type { CallRow, HypercallRows } from '../explanation.ts';

const VERSION = 'hypercalls/xen-version.ts';
const PHYSDEV = 'hypercalls/physdev-op.ts';
const REFUSED = 'hypercalls/refused.ts';

const version = (asks: string, why: string, gives = ''): CallRow =>
  row(`asks ${asks}`, why, VERSION, 'xenVersion', { gives });

const VERSION_COMMANDS: Readonly<Record<string, CallRow>> = {
  XENVER_version: version(
    'for Xen’s version',
    'Major version times 65536, and minor. Kernels also call this because a hypercall is a moment at which events are delivered.',
    '{result:hex}',
  ),
  XENVER_extraversion: version('for the rest of Xen’s version', 'What stands behind major and minor: `.7`.'),
  XENVER_compile_info: version('who has compiled Xen, and when', 'A kernel prints it as it boots.'),
  XENVER_capabilities: version(
    'which kinds of guests Xen runs',
    'As `xen-3.0-x86_64`: toolstacks look there.',
  ),
  XENVER_changeset: version('from which sources Xen was built', 'A kernel prints it as it boots.'),
  XENVER_platform_parameters: version(
    'where Xen’s part of the address space begins',
    'The guest must keep out of it.',
    '{virt_start:address}',
  ),
  XENVER_get_features: version(
    'for features {submap_idx}',
    'Bits that tell a kernel what kind of domain it is, and what it need not do by itself.',
    'bits {submap:hex}',
  ),
  XENVER_pagesize: version('how large a page is', 'In bytes.', '{result} bytes'),
  XENVER_guest_handle: version('for its own UUID', 'The name that the toolstack gave it.'),
  XENVER_commandline: version('for Xen’s command line', 'Domain 0 sees it; others are told <denied>.'),
  XENVER_build_id: version('for the build id of Xen’s binary', 'Debuggers match symbols by it.'),
};

const physdev = (says: string, why: string, more: Partial<Pick<CallRow, 'gives' | 'errors'>> = {}): CallRow =>
  row(says, why, PHYSDEV, 'physdevOp', more);

const NOT_HERE = { errors: { EPERM: 'nothing of that is a guest’s to do here' } };

const PHYSDEV_COMMANDS: Readonly<Record<string, CallRow>> = {
  PHYSDEVOP_irq_status_query: physdev(
    'asks how interrupt line {irq} is served',
    'Whether its end has to be told.',
    {
      gives: 'flags {flags:hex}',
      errors: { EINVAL: 'the line is not this domain’s' },
    },
  ),
  PHYSDEVOP_set_iopl: physdev(
    'sets the I/O privilege level of its user mode to {iopl}',
    'Which programs may use I/O ports by themselves. Xen remembers it, and emulates.',
    { errors: { EINVAL: 'there are levels 0 to 3' } },
  ),
  PHYSDEVOP_set_iobitmap: physdev(
    'gives a map of {nr_ports} I/O ports that its programs may use',
    'As the TSS of a real processor has one.',
    { errors: { EINVAL: 'there are 65536 ports' } },
  ),
  PHYSDEVOP_apic_read: physdev(
    'asks for a register of the interrupt controller',
    'Domain 0 of machines with ACPI.',
    NOT_HERE,
  ),
  PHYSDEVOP_apic_write: physdev(
    'asks to set a register of the interrupt controller',
    'Domain 0 of machines with ACPI.',
    NOT_HERE,
  ),
  PHYSDEVOP_alloc_irq_vector: physdev(
    'asks for a vector for interrupt {irq}',
    'From days when domain 0 set up vectors.',
    NOT_HERE,
  ),
  PHYSDEVOP_free_irq_vector: physdev(
    'gives the vector of interrupt {irq} back',
    'From days when domain 0 set up vectors.',
  ),
  PHYSDEVOP_eoi: physdev(
    'says that interrupt {irq} has been served',
    'The line is masked from the interrupt until here: only then may it interrupt again.',
    { errors: { EINVAL: 'the line is not this domain’s' } },
  ),
  PHYSDEVOP_map_pirq: physdev(
    'has interrupt line {index} become an interrupt of {domid:dom}',
    'Before a driver binds a port to a line, the line is made that domain’s.',
    {
      gives: 'interrupt {pirq}',
      errors: { EPERM: 'the line is not the caller’s to give', EINVAL: 'no such line' },
    },
  ),
  PHYSDEVOP_unmap_pirq: physdev('takes interrupt {pirq} from {domid:dom}', 'The reverse of map_pirq.', {
    errors: { EBUSY: 'a port is bound to it' },
  }),
  PHYSDEVOP_manage_pci_add: physdev(
    'tells of PCI device {bus}:{devfn}',
    'Domain 0 finds devices, and tells Xen.',
    NOT_HERE,
  ),
  PHYSDEVOP_manage_pci_remove: physdev(
    'tells that PCI device {bus}:{devfn} is gone',
    'Domain 0 finds devices, and tells Xen.',
    NOT_HERE,
  ),
  PHYSDEVOP_manage_pci_add_ext: physdev(
    'tells of PCI device {bus}:{devfn}',
    'Domain 0 finds devices, and tells Xen.',
    NOT_HERE,
  ),
  PHYSDEVOP_pirq_eoi_gmfn_v1: physdev(
    'gives frame {gmfn:hex} for a map of interrupts whose end must be told',
    'So that a kernel makes that call only where it is needed.',
    { errors: { EBUSY: 'it has given one before', EINVAL: 'the frame is not its own and writable' } },
  ),
  PHYSDEVOP_pirq_eoi_gmfn_v2: physdev(
    'gives frame {gmfn:hex} for a map of interrupts whose end must be told',
    'So that a kernel makes that call only where it is needed.',
    { errors: { EBUSY: 'it has given one before', EINVAL: 'the frame is not its own and writable' } },
  ),
  PHYSDEVOP_restore_msi: physdev(
    'has the messages of PCI device {bus}:{devfn} set up again',
    'After a sleep of the machine.',
  ),
  PHYSDEVOP_setup_gsi: physdev(
    'says how interrupt line {gsi} is triggered',
    'Edge or level, high or low: ACPI tells domain 0.',
    {
      errors: { EINVAL: 'the line is not the caller’s', EPERM: 'that is for domain 0' },
    },
  ),
  PHYSDEVOP_get_free_pirq: physdev(
    'asks for a free interrupt number',
    'For messages of PCI devices: not here.',
  ),
  PHYSDEVOP_pci_mmcfg_reserved: physdev(
    'tells where PCI’s configuration space lies',
    'From ACPI: not here.',
    NOT_HERE,
  ),
  PHYSDEVOP_pci_device_add: physdev(
    'tells of PCI device {bus}:{devfn}',
    'Domain 0 finds devices, and tells Xen.',
    NOT_HERE,
  ),
  PHYSDEVOP_pci_device_remove: physdev(
    'tells that PCI device {bus}:{devfn} is gone',
    'Domain 0 finds devices, and tells Xen.',
    NOT_HERE,
  ),
  PHYSDEVOP_restore_msi_ext: physdev(
    'has the messages of PCI device {bus}:{devfn} set up again',
    'After a sleep of the machine.',
  ),
  PHYSDEVOP_dbgp_op: physdev(
    'tells of a debug port on USB',
    'Xen may use one as its console: not here.',
    NOT_HERE,
  ),
  PHYSDEVOP_prepare_msix: physdev(
    'prepares messages of PCI device {bus}:{devfn}',
    'For giving the device to another domain: not here.',
    NOT_HERE,
  ),
  PHYSDEVOP_release_msix: physdev(
    'releases messages of PCI device {bus}:{devfn}',
    'For giving the device to another domain: not here.',
    NOT_HERE,
  ),
};

const CONSOLE = 'hypercalls/console-io.ts';

const refused = (
  name: string,
  header: string,
  says: string,
  why: string,
  errors: Readonly<Record<string, string>>,
): HypercallRows => ({
  header,
  row: row(says, `${why} The hypercall ${name} is refused to every domain here.`, REFUSED, 'refused'),
  commands: {},
  errors,
});

const NOT_YOURS = { EPERM: 'no domain of this host may make it' };

export const machineCalls: Readonly<Record<string, HypercallRows>> = {
  xen_version: {
    header: 'version.h',
    row: row(
      'asks something unknown of Xen’s version',
      'Who Xen is and what it can do.',
      VERSION,
      'xenVersion',
    ),
    commands: VERSION_COMMANDS,
    errors: {
      EFAULT: 'the answer cannot be written there',
      EPERM: 'that is not told',
      EINVAL: 'there is no such part of it',
      ENOSYS: 'there is no such question',
    },
  },
  console_io: {
    header: 'xen.h',
    row: row(
      'makes an unknown console operation',
      'Xen’s own console: the serial line of the machine.',
      CONSOLE,
      'consoleIo',
    ),
    commands: {
      CONSOLEIO_write: row(
        'prints {count} bytes on Xen’s console',
        'The first words of a kernel, before its own console driver is there; of guests, whole lines with a mark of whose they are.',
        CONSOLE,
        'consoleIo',
      ),
      CONSOLEIO_read: row(
        'reads what was typed on Xen’s console',
        'Domain 0 gets the keys of the serial line.',
        CONSOLE,
        'consoleIo',
        { gives: '{result} bytes', errors: { EPERM: 'keys are domain 0’s' } },
      ),
    },
    errors: {
      EFAULT: 'the text cannot be read or written there',
      E2BIG: 'too much at once',
      EINVAL: 'too much at once',
      ENOSYS: 'there is no such command',
    },
  },
  physdev_op: {
    header: 'physdev.h',
    row: row(
      'makes an unknown operation on devices',
      'Interrupts and I/O ports of real devices, which domain 0 drives.',
      PHYSDEV,
      'physdevOp',
    ),
    commands: PHYSDEV_COMMANDS,
    errors: {
      EFAULT: 'the structure cannot be read or written at that address',
      EPERM: 'that is for domain 0',
      ESRCH: 'there is no such domain',
      ENODEV: 'there is no such device',
      ENOSYS: 'there is no such command here',
      EINVAL: 'the values do not fit',
    },
  },
  multicall: {
    header: 'xen.h',
    row: row(
      'makes {count} hypercalls at once',
      'Entering Xen costs time. A kernel collects calls, as when it changes from one process to another, and makes them in one go; they follow below.',
      'hypercalls/multicall.ts',
      'multicall',
    ),
    commands: {},
    errors: { EFAULT: 'an entry cannot be read or written', EINVAL: 'no batch within a batch' },
  },
  vm_assist: {
    header: 'xen.h',
    row: row(
      'makes an unknown request for help',
      'Small services that Xen does only for who wants them.',
      'hypercalls/vm-assist.ts',
      'vmAssist',
    ),
    commands: {
      VMASST_CMD_enable: row(
        'switches {type:VMASST} on',
        'writable pagetables: Xen lets the guest write its page tables as if they were its own, and does each write for it. architectural iopl: the flags show the I/O privilege that the guest believes in.',
        'hypercalls/vm-assist.ts',
        'vmAssist',
      ),
      VMASST_CMD_disable: row(
        'switches {type:VMASST} off',
        'A small service of Xen’s that is not wanted any more.',
        'hypercalls/vm-assist.ts',
        'vmAssist',
      ),
    },
    errors: { EINVAL: 'there is no such service', ENOSYS: 'there is no such command' },
  },
  kexec_op: refused(
    'kexec_op',
    'kexec.h',
    'wants to load a kernel for after a crash of Xen',
    'A crash kernel writes down the memory of a machine whose Xen has failed.',
    NOT_YOURS,
  ),
  dm_op: refused(
    'dm_op',
    'hvm/dm_op.h',
    'wants to emulate devices for another domain',
    'Device models of HVM domains, such as QEMU, use it.',
    NOT_YOURS,
  ),
  hypfs_op: {
    header: 'hypfs.h',
    row: row(
      'reads in Xen’s own file system',
      'What `xenhypfs` shows: how Xen was built, its pools of processors, as a tree of files.',
      'hypercalls/hypfs-op.ts',
      'hypfsOp',
    ),
    commands: {},
    errors: {
      EPERM: 'that is for domain 0',
      EINVAL: 'no such path can be, or the buffer is too small for any answer',
      EFAULT: 'the path or the buffer cannot be read or written at that address',
      ENOENT: 'there is no such entry',
      ENOBUFS: 'its content does not fit into the buffer',
      EACCES: 'nothing there can be written',
      EOPNOTSUPP: 'there is no such command',
    },
  },
  mca: refused(
    'mca',
    'arch-x86/xen-mca.h',
    'asks for machine checks',
    'Errors of the hardware’s memory and buses.',
    NOT_YOURS,
  ),
  argo_op: refused(
    'argo_op',
    'argo.h',
    'wants to send a message by Argo',
    'Messages between domains that Xen copies.',
    { ENOSYS: 'Argo is not built in' },
  ),
  xenpmu_op: refused(
    'xenpmu_op',
    'xenpmu.h',
    'wants performance counters',
    'Counters of the processor for guests.',
    { EOPNOTSUPP: 'they are off unless Xen’s command line says otherwise' },
  ),
};
