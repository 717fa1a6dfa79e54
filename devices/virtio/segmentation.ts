/**
 * A card cuts a frame of TCP that its driver has left to it (virtio 1.2, 5.1.6.2: VIRTIO_NET_HDR_GSO_TCPV4) into segments that the
 * network takes, as Windows' and Linux's stacks expect of hardware: addresses, options and acknowledgment are the same in all of them.
 */
import { get16, get32, put16, put32 } from '../lan/ethernet.ts';
import * as tcp from './tcp-frame.ts';

/** FIN and PSH are the last segment's alone, and CWR is the first one's. */
const FIN_PSH = 0x09;
const CWR = 0x80;

/** The frames of a frame, with so much data each; the frame itself where it is none that can be cut. */
export function segmentsOf(frame: Uint8Array, segmentBytes: number): readonly Uint8Array[] {
  const places = tcp.tcpPlaces(frame);
  if (places === null || segmentBytes === 0) return [frame];
  const segments: Uint8Array[] = [];
  for (let done = 0; places.data + done < places.end; done += segmentBytes)
    segments.push(segmentOf(frame, places, done, segmentBytes, segments.length));
  return segments;
}

function segmentOf(
  frame: Uint8Array,
  { ip, tcp: header, data, end }: tcp.TcpPlaces,
  done: number,
  segmentBytes: number,
  number: number,
): Uint8Array {
  const bytes = Math.min(segmentBytes, end - data - done);
  const segment = new Uint8Array(data + bytes);
  segment.set(frame.subarray(0, data));
  segment.set(frame.subarray(data + done, data + done + bytes), data);
  const places = { ip, tcp: header, data, end: data + bytes };
  put16(segment, ip + tcp.IP_LENGTH, places.end - ip);
  put16(segment, ip + tcp.IP_ID, get16(frame, ip + tcp.IP_ID) + number);
  put32(segment, header + tcp.TCP_SEQUENCE, get32(frame, header + tcp.TCP_SEQUENCE) + done);
  if (data + done + bytes < end) segment[header + tcp.TCP_FLAGS]! &= ~FIN_PSH;
  if (done > 0) segment[header + tcp.TCP_FLAGS]! &= ~CWR;
  tcp.putIpChecksum(segment, places);
  tcp.putTcpChecksum(segment, places);
  return segment;
}
