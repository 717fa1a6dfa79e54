/** Whether packets for others are sent on: /proc/sys/net/ipv4/ip_forward. */
export let isForwarding: bool = false;

export function setForwarding(on: bool): void {
  isForwarding = on;
}
