/**
 * pagetable ADDRESS: how the processor finds an address of this program's: level by level the entry, the page that it
 * points to by its number in the machine (mfn) and in this domain (pfn), and its flags.
 *
 * A page exists when it has first been touched: before, the walk ends at an entry that is not present. Interesting
 * addresses: 0x60000000 (this program's text), 0x1000 (its data), `stack` (the stack's top).
 */
import { SYS_pagetable } from 'mote/abi';
import { syscall2 } from 'programs/lib/intrinsics';
import { complain, complainOf, print } from 'programs/lib/io';
import { environmentAddress } from 'programs/lib/start';
import { bad, hex, number, table } from 'programs/lib/text';
import { takeOptions } from 'programs/lib/options';

const LEVELS = 4;
const FRAME: u64 = 0x000f_ffff_ffff_f000;
const NX: u64 = 1 << 63;

class Flag {
  constructor(
    public bit: u64,
    public name: string,
  ) {}
}
/** SDM volume 3, 4.5. Bit 9 is software's: here a page to be copied when it is written. */
const FLAGS: Flag[] = [
  new Flag(1, 'present'),
  new Flag(2, 'write'),
  new Flag(4, 'user'),
  new Flag(0x20, 'accessed'),
  new Flag(0x40, 'dirty'),
  new Flag(0x80, 'large'),
  new Flag(0x200, 'copy-on-write'),
  new Flag(NX, 'no-execute'),
];

export function main(args: string[]): i32 {
  if (takeOptions(args, '', 'pagetable ADDRESS | stack') == null) return 2;
  const wanted = args.length == 2 ? args[1] : '';
  const address = wanted == 'stack' ? <i64>environmentAddress() : number(wanted);
  if (wanted == '' || (bad && wanted != 'stack')) {
    complain('usage: pagetable ADDRESS | stack');
    return 2;
  }
  const found = new StaticArray<u64>((LEVELS + 1) * 2);
  const count = <i32>syscall2(SYS_pagetable, address, changetype<usize>(found));
  if (count < 0) return complainOf(wanted, count);
  const rows: string[][] = [['LEVEL', 'TABLE PFN', 'INDEX', 'ENTRY', 'MFN', 'PFN', 'FLAGS']];
  for (let n = 0; n < count; n++) rows.push(row(address, LEVELS - n, found, n * 2));
  print(table(rows, 0b0110111));
  if ((found[count * 2 - 2] & 1) == 0) {
    print('0x' + hex(address) + ': no page is there now\n');
    return 1;
  }
  const machine = (found[count * 2 - 2] & FRAME) | ((<u64>address) & 0xfff);
  print('0x' + hex(address) + ' is at machine address 0x' + hex(machine) + '\n');
  return 0;
}

/** What the kernel tells at `at`: the entry and the page number of its table, and behind them where the entry points. */
function row(address: u64, level: i32, found: StaticArray<u64>, at: i32): string[] {
  const index = (address >> (12 + 9 * (<u64>level - 1))) & 511;
  const entry = found[at];
  const present = (entry & 1) != 0;
  return [
    level.toString(),
    hex(found[at + 1]),
    index.toString(),
    '0x' + hex(entry, 16),
    present ? hex((entry & FRAME) >> 12) : '',
    present ? hex(found[at + 3]) : '',
    flagsOf(entry),
  ];
}

function flagsOf(entry: u64): string {
  let text = '';
  for (let n = 0; n < FLAGS.length; n++)
    if ((entry & FLAGS[n].bit) != 0) text += (text == '' ? '' : ' ') + FLAGS[n].name;
  return text;
}
