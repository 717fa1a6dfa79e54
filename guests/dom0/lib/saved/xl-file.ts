/** What stands around libxc's stream in a file: xl's header with the configuration, libxl's stream. */
import { describe } from 'programs/lib/errno';
import * as format from './format';
import { Reader } from './reader';
import { Writer } from './writer';

const MAX_CONFIGURATION_BYTES: u32 = 1 << 20;

/** Up to where libxc's stream begins. */
export function writeHeader(writer: Writer, json: string): void {
  const magic = String.UTF8.encode(format.XL_MAGIC);
  writer.put(changetype<usize>(magic), format.XL_MAGIC_BYTES);
  const text = String.UTF8.encode(json, true);
  writer.put32(format.XL_BYTE_ORDER);
  writer.put32(format.XL_JSON | format.XL_STREAM_V2);
  writer.put32(0);
  writer.put32(text.byteLength + 4);
  writer.put32(text.byteLength);
  writer.put(changetype<usize>(text), text.byteLength);
  writer.put64(bswap<u64>(format.LIBXL_IDENT));
  writer.put32(format.bigEndian32(format.LIBXL_VERSION));
  writer.put32(0);
  writer.record(format.LIBXL_LIBXC_CONTEXT, 0, 0);
}

/** What stands behind libxc's stream. */
export function writeEnd(writer: Writer): void {
  writer.record(format.LIBXL_END, 0, 0);
  writer.flush();
}

/** What was wrong with a file; empty: nothing. */
export let problem: string = '';

function fail(what: string): string {
  if (problem == '') problem = what;
  return '';
}

/** The configuration, in JSON; libxc's stream follows. Empty: `problem`. */
export function readHeader(reader: Reader): string {
  problem = '';
  const header = new ArrayBuffer(format.XL_HEADER_BYTES);
  const at = changetype<usize>(header);
  const magic = String.UTF8.encode(format.XL_MAGIC);
  const isWhole = reader.take(at, format.XL_HEADER_BYTES);
  if (!isWhole && reader.failed < 0) return fail(describe(reader.failed));
  if (!isWhole || memory.compare(at, changetype<usize>(magic), format.XL_MAGIC_BYTES) != 0)
    return fail('it is no file of a saved domain');
  if (load<u32>(at, format.XL_AT_BYTE_ORDER) != format.XL_BYTE_ORDER)
    return fail('it has another byte order');
  const flags = load<u32>(at, format.XL_AT_MANDATORY);
  if (flags != (format.XL_JSON | format.XL_STREAM_V2))
    return fail('it is of an older or a newer form (' + flags.toString(16) + ')');
  const bytes = load<u32>(at, format.XL_AT_OPTIONAL_BYTES);
  const length = reader.word32();
  if (bytes < 4 || length > bytes - 4 || length > MAX_CONFIGURATION_BYTES)
    return fail('its configuration has not the length that it says');
  const text = new ArrayBuffer(length);
  reader.take(changetype<usize>(text), length);
  reader.take(0, bytes - 4 - length);
  readLibxl(reader);
  if (reader.isShort) return fail(shortness(reader));
  return problem == '' ? String.UTF8.decodeUnsafe(changetype<usize>(text), length, true) : '';
}

function readLibxl(reader: Reader): void {
  const ident = bswap<u64>(reader.word64());
  const version = format.bigEndian32(reader.word32());
  const options = format.bigEndian32(reader.word32());
  const type = reader.word32();
  const bytes = reader.word32();
  if (reader.isShort) return;
  if (ident != format.LIBXL_IDENT || version != format.LIBXL_VERSION || options != 0)
    fail('its stream is none of libxl, version 2');
  else if (type != format.LIBXL_LIBXC_CONTEXT || bytes != 0) fail("libxc's stream does not come first");
}

/** Whether what stands behind libxc's stream is right; false: `problem`. */
export function readEnd(reader: Reader): bool {
  let type: u32 = 0;
  do {
    type = reader.word32();
    const bytes = reader.word32();
    if (type == format.LIBXL_END && bytes != 0) fail('its last record has a content');
    // What there is besides is a device model's, which no such domain has.
    else if (type != format.LIBXL_END && type != format.LIBXL_EMULATOR_XENSTORE_DATA)
      fail('libxl record ' + type.toString() + ' is not known');
    const padding = (format.RECORD_ALIGN - (<u64>bytes % format.RECORD_ALIGN)) % format.RECORD_ALIGN;
    if (problem == '') reader.take(0, bytes + padding);
    if (reader.isShort) fail(shortness(reader));
  } while (problem == '' && type != format.LIBXL_END);
  return problem == '';
}

/** Why there is no more. */
export function shortness(reader: Reader): string {
  if (reader.failed < 0) return describe(reader.failed);
  return 'the file ends too soon, after ' + reader.at.toString() + ' bytes';
}
