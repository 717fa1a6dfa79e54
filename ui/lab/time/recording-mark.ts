/** How a recording's file begins. */
export const FORMAT = 'xenoscope recording';
const LOOKED_AT_BYTES = 64;

/** Whether this is to be one, of whatever version, and whatever is left of it. */
export function isRecording(file: Uint8Array): boolean {
  return new TextDecoder().decode(file.subarray(0, LOOKED_AT_BYTES)).includes(FORMAT);
}
