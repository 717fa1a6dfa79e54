/** Sockets, interfaces, bridges, routes, and rules of the packet filter. */

// Sockets.
export const AF_INET: i32 = 2;
export const SOCK_STREAM: i32 = 1;
export const SOCK_DGRAM: i32 = 2;
export const SOCK_RAW: i32 = 3;
export const IPPROTO_ICMP: i32 = 1;
export const IPPROTO_TCP: i32 = 6;
export const IPPROTO_UDP: i32 = 17;
export const SHUT_RD: i32 = 0;
export const SHUT_WR: i32 = 1;
export const SHUT_RDWR: i32 = 2;
export const MSG_DONTWAIT: i32 = 0x40;
export const IPPROTO_IP: i32 = 0;
export const SOL_SOCKET: i32 = 1;
export const SO_REUSEADDR: i32 = 2;
export const SO_TYPE: i32 = 3;
export const SO_ERROR: i32 = 4;
export const SO_SNDBUF: i32 = 7;
export const SO_RCVBUF: i32 = 8;
export const SO_BINDTODEVICE: i32 = 25; // an interface's name
export const IP_TTL: i32 = 2;
export const TCP_NODELAY: i32 = 1;

// ioctl: interfaces and routes, on any socket.
export const SIOCADDRT: i32 = 0x890b; // (rtentry)
export const SIOCDELRT: i32 = 0x890c; // (rtentry)
export const SIOCGIFFLAGS: i32 = 0x8913; // (ifreq)
export const SIOCGIFADDR: i32 = 0x8915; // (ifreq)
export const SIOCGIFNETMASK: i32 = 0x891b; // (ifreq)
export const SIOCGIFMTU: i32 = 0x8921; // (ifreq)
export const SIOCGIFHWADDR: i32 = 0x8927; // (ifreq)
export const SIOCSIFFLAGS: i32 = 0x8914; // (ifreq): up or down
export const SIOCSIFADDR: i32 = 0x8916; // (ifreq)
export const SIOCSIFNETMASK: i32 = 0x891c; // (ifreq)
export const SIOCSIFNAME: i32 = 0x8923; // (ifreq): another name
export const SIOCGIFINDEX: i32 = 0x8933; // (ifreq)
export const SIOCSIFVLAN: i32 = 0x8983; // (vlan_ioctl_args)
export const SIOCBRADDBR: i32 = 0x89a0; // (name of a bridge)
export const SIOCBRDELBR: i32 = 0x89a1; // (name of a bridge)
export const SIOCBRADDIF: i32 = 0x89a2; // (ifreq): a bridge, and the index of an interface
export const SIOCBRDELIF: i32 = 0x89a3; // (ifreq)
// Of Linux's numbers for what a device alone understands (SIOCDEVPRIVATE).
export const SIOCRULE: i32 = 0x89f1; // (rule): what iptables asks for
export const SIOCBRLOSS: i32 = 0x89f0; // (ifreq): frames that a bridge loses
export const SIOCADDDUMMY: i32 = 0x89f2; // (name of an interface)
export const SIOCDELDUMMY: i32 = 0x89f3; // (name of an interface)

/** struct sockaddr_in: port and address in the network's order. */
export namespace sockaddr_in {
  export const sin_family: usize = 0; // u16
  export const sin_port: usize = 2; // u16
  export const sin_addr: usize = 4; // u32
  export const SIZE: usize = 16;
}

/** struct ifreq: a name, and a struct sockaddr_in or flags. */
export namespace ifreq {
  export const ifr_name: usize = 0; // 16 bytes, NUL-terminated
  export const ifr_addr: usize = 16; // sockaddr_in
  export const ifr_flags: usize = 16; // u16
  export const ifr_mtu: usize = 16; // i32
  export const ifr_ifindex: usize = 16; // i32
  export const ifr_newname: usize = 16; // 16 bytes, NUL-terminated
  export const ifr_hwaddr: usize = 18; // 6 bytes, behind a u16
  export const ifr_loss: usize = 16; // u32: of a thousand frames
  export const ifr_seed: usize = 20; // u32: which ones
  export const SIZE: usize = 40;
}

/** struct vlan_ioctl_args, of which commands 0, add, and 1, delete, are there. */
export namespace vlan_ioctl_args {
  export const cmd: usize = 0; // i32
  export const device1: usize = 4; // 24 bytes, NUL-terminated: whose VLAN, or which one
  export const VID: usize = 28; // i32
  export const DEVICE_BYTES: usize = 24;
  export const SIZE: usize = 56;
}
export const ADD_VLAN_CMD: i32 = 0;
export const DEL_VLAN_CMD: i32 = 1;

/** What iptables asks for: an action, and a rule. */
export namespace rule {
  export const action: usize = 0; // u8: RULE_APPEND and so on
  export const chain: usize = 1; // u8: CHAIN_*
  export const target: usize = 2; // u8: RULE_ACCEPT and so on
  export const protocol: usize = 3; // u8: 0: any
  export const inverted: usize = 4; // u8: NOT_*
  export const states: usize = 5; // u8: STATE_*; 0: any
  export const position: usize = 8; // u32: from 1 on; 0: none
  export const source: usize = 12; // u32 address, u32 mask
  export const destination: usize = 20; // u32 address, u32 mask
  export const source_ports: usize = 28; // u16 first, u16 last; 0, 0: any
  export const destination_ports: usize = 32; // u16 first, u16 last
  export const to_address: usize = 36; // u32
  export const to_port: usize = 40; // u16: 0: it stays
  export const in_: usize = 48; // 16 bytes, NUL-terminated: an interface; empty: any
  export const out: usize = 64; // 16 bytes
  export const SIZE: usize = 80;
}
/** What a packet is of the connection that it belongs to. */
export const STATE_INVALID: u32 = 1;
export const STATE_NEW: u32 = 2;
export const STATE_RELATED: u32 = 4;
export const STATE_ESTABLISHED: u32 = 8;
export const RULE_APPEND: i32 = 1;
export const RULE_INSERT: i32 = 2;
export const RULE_DELETE: i32 = 3;
export const RULE_FLUSH: i32 = 4;
export const RULE_POLICY: i32 = 5;
export const CHAIN_PREROUTING: i32 = 0;
export const CHAIN_POSTROUTING: i32 = 1;
export const CHAIN_INPUT: i32 = 2;
export const CHAIN_FORWARD: i32 = 3;
export const CHAIN_OUTPUT: i32 = 4;
export const RULE_ACCEPT: i32 = 1;
export const RULE_DROP: i32 = 2;
export const RULE_REJECT: i32 = 3;
export const RULE_MASQUERADE: i32 = 4;
export const RULE_SNAT: i32 = 5;
export const RULE_DNAT: i32 = 6;
export const NOT_SOURCE: u32 = 1;
export const NOT_DESTINATION: u32 = 2;
export const NOT_IN: u32 = 4;
export const NOT_OUT: u32 = 8;
export const NOT_STATES: u32 = 16;

/** struct rtentry. */
export namespace rtentry {
  export const rt_dst: usize = 8; // sockaddr_in
  export const rt_gateway: usize = 24; // sockaddr_in
  export const rt_genmask: usize = 40; // sockaddr_in
  export const rt_dev: usize = 88; // pointer to a name; 0: whichever leads to the gateway
  export const SIZE: usize = 120;
}
