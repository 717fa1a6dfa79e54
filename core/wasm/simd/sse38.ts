/** Executes MMX and SSE instructions of the 0F 38 map. */
import { faulted } from '../fault';
import { writeStatusFlags } from '../flags';
import { CF, FPR, XMM, ZF } from '../layout';
import { prefixOf, regOf, subOf } from '../record';
import { mmxBlocked, mmxSource, setMmx, source128, source16, source32, source64, xmmReg } from './operands';
import { packed38, packed38Mmx, widen } from './packed38';

export function sse38(p: u32): void {
  const opcode = subOf(p);
  if (prefixOf(p) == 0) operateMmx(p, opcode);
  else if ((opcode & 0xe8) == 0x20 && opcode != 0x37) extend(p, opcode);
  else if ((opcode & 0xf8) == 0x10) select(p, opcode);
  else {
    const b = source128(p);
    if (faulted()) return;
    // MOVNTDQA has memory to read and nothing to compute.
    if (opcode == 0x2a) v128.store(xmmReg(p), b);
    else v128.store(xmmReg(p), packed38(opcode, v128.load(xmmReg(p)), b));
  }
}

function operateMmx(p: u32, opcode: u32): void {
  if (mmxBlocked()) return;
  const b = mmxSource(p);
  if (!faulted()) setMmx(regOf(p), packed38Mmx(opcode, load<u64>(FPR + regOf(p)), b));
}

/** PMOVSX, PMOVZX: memory operands have as many bytes as are used. */
function extend(p: u32, opcode: u32): void {
  let value: u64;
  switch (opcode & 7) {
    case 1:
    case 4:
      value = source32(p);
      break;
    case 2:
      value = source16(p);
      break;
    default:
      value = source64(p);
  }
  if (!faulted()) v128.store(xmmReg(p), widen(opcode, i64x2.splat(<i64>value)));
}

/** PBLENDVB, BLENDVPS, BLENDVPD: by the signs in XMM0. PTEST: ZF, CF; the other status flags become 0. */
function select(p: u32, opcode: u32): void {
  const b = source128(p);
  if (faulted()) return;
  const a = v128.load(xmmReg(p));
  if (opcode == 0x17) {
    const zero = v128.any_true(v128.and(b, a)) ? 0 : ZF;
    writeStatusFlags(zero | (v128.any_true(v128.andnot(b, a)) ? 0 : CF));
    return;
  }
  const chooser = v128.load(XMM);
  let mask: v128;
  if (opcode == 0x10) mask = i8x16.shr_s(chooser, 7);
  else if (opcode == 0x14) mask = i32x4.shr_s(chooser, 31);
  else mask = i64x2.shr_s(chooser, 63);
  v128.store(xmmReg(p), v128.bitselect(b, a, mask));
}
