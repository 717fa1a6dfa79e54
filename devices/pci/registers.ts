/** The header of a PCI function's configuration space (PCI Local Bus 3.0, section 6.1, type 0). */

export const VENDOR_ID = 0x00;
export const DEVICE_ID = 0x02;
export const COMMAND = 0x04;
export const STATUS = 0x06;
export const REVISION_ID = 0x08;
/** Three bytes: programming interface, subclass, class. */
export const CLASS_CODE = 0x09;
export const BAR0 = 0x10;
export const SUBSYSTEM_VENDOR_ID = 0x2c;
export const SUBSYSTEM_ID = 0x2e;
export const CAPABILITIES_POINTER = 0x34;
export const INTERRUPT_LINE = 0x3c;
export const INTERRUPT_PIN = 0x3d;
export const HEADER_BYTES = 0x40;
export const CONFIG_BYTES = 256;
export const BARS = 6;

export const COMMAND_IO = 1 << 0;
export const COMMAND_MASTER = 1 << 2;
export const COMMAND_INTERRUPT_DISABLE = 1 << 10;

export const STATUS_INTERRUPT = 1 << 3;
export const STATUS_CAPABILITIES = 1 << 4;

/** Bit 0 of a base address register: it is of ports. */
export const BAR_IS_IO = 1;

export const CAPABILITY_VENDOR = 0x09;
