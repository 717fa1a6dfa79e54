/** Bytes of UTF-8 that come in pieces, as text. Unlike a TextDecoder's, what it holds back can be saved. */

/** The first byte of a character: how many bytes it has. */
function bytesOf(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

const isBehindLead = (byte: number): boolean => (byte & 0xc0) === 0x80;

export class TextStream {
  /** The beginning of a character whose end has not come. */
  private held: number[] = [];

  /** The characters that are complete with these bytes; what is no UTF-8 becomes U+FFFD. */
  decode(bytes: Uint8Array): string {
    const all = this.held.length === 0 ? bytes : Uint8Array.from([...this.held, ...bytes]);
    let lead = all.length - 1;
    while (lead >= 0 && lead > all.length - 4 && isBehindLead(all[lead]!)) lead--;
    const isOpen = lead >= 0 && bytesOf(all[lead]!) > all.length - lead;
    const end = isOpen ? lead : all.length;
    this.held = [...all.subarray(end)];
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(all.subarray(0, end));
  }
}
