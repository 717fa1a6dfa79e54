/** Addresses as a person types them. */

/** A canonical address of up to 16 hexadecimal digits, unsigned; or null. */
export function parseAddress(text: string): bigint | null {
  const digits = /^\s*(?:0x)?([0-9a-f]{1,16})\s*$/i.exec(text)?.[1];
  if (digits === undefined) return null;
  const address = BigInt(`0x${digits}`);
  return BigInt.asUintN(64, BigInt.asIntN(48, address)) === address ? address : null;
}

/** What is wrong with one that is none. */
export const NO_ADDRESS = 'That is no address: up to 16 hexadecimal digits, bits 63 to 47 all alike.';
