/** Memory in MiB where nobody says how much: of a host with domain 0, and of a domain that is alone. */
export const HOST_MB = 512;
export const ALONE_MB = 128;

/** The host that the page opens with, and as which a new one is proposed: domain 0 is Mote, and has the memory. */
export const USUAL_HOST = {
  commandLine: 'console=hvc0 rdinit=/init',
  vcpus: 1,
  isDom0: true,
  hostMb: 640,
} as const;
