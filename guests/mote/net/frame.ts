/** Of an Ethernet frame: how long things are in it, and what is in it. */
export const HARDWARE_BYTES: u32 = 6;
export const ETHERNET_HEADER: u32 = 14;
export const TYPE_IPV4: u32 = 0x0800;
export const TYPE_ARP: u32 = 0x0806;
export const TYPE_VLAN: u32 = 0x8100;
