/** The host that the page opens with, and as which a new one is proposed: domain 0 is Mote, with room for others. */
export const USUAL_HOST = {
  commandLine: 'console=hvc0 rdinit=/init',
  memoryMb: 128,
  vcpus: 1,
  isDom0: true,
  hostMb: 640,
} as const;
