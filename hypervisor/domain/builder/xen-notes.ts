/**
 * What a kernel says of itself to Xen: ELF notes of the name "Xen", or in old kernels the text of the `__xen_guest`
 * section. Source: xen/include/public/elfnote.h; the order in which they are looked for is Xen's (libelf-dominfo.c).
 */
import * as elfnote from '../../abi/elfnote.ts';
import * as version from '../../abi/version.ts';
import { namesOf } from '../../abi/names.ts';
import type { Elf } from './elf.ts';
import { notesIn } from './elf-notes.ts';
import { ImageError } from './image-error.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';

/** One note as read: its value a number (addresses signed) or a text; null for types that Xen does not know. */
export interface XenNote {
  readonly type: number;
  readonly name: string;
  readonly value: number | string | null;
}

/** What the notes come to. Addresses are signed numbers; a note that is absent is undefined. */
export interface XenNotes {
  readonly source: 'notes' | '__xen_guest';
  readonly notes: readonly XenNote[];
  readonly guestOs: string;
  readonly xenVersion: string;
  readonly loader: string;
  readonly virtBase: number | undefined;
  readonly entry: number | undefined;
  readonly paddrOffset: number | undefined;
  readonly hypercallPage: number | undefined;
  readonly initP2m: number | undefined;
  readonly modStartPfn: boolean;
  /** Bits XENFEAT_*, what the kernel can do with. */
  readonly supportedFeatures: number;
  /** Bits XENFEAT_*, what it cannot do without. */
  readonly requiredFeatures: number;
}

type Kind = 'text' | 'number';

/** The types Xen parses, and how their descriptors are read. */
const kinds: Readonly<Record<number, Kind>> = {
  [elfnote.XEN_ELFNOTE_ENTRY]: 'number',
  [elfnote.XEN_ELFNOTE_HYPERCALL_PAGE]: 'number',
  [elfnote.XEN_ELFNOTE_VIRT_BASE]: 'number',
  [elfnote.XEN_ELFNOTE_INIT_P2M]: 'number',
  [elfnote.XEN_ELFNOTE_PADDR_OFFSET]: 'number',
  [elfnote.XEN_ELFNOTE_HV_START_LOW]: 'number',
  [elfnote.XEN_ELFNOTE_XEN_VERSION]: 'text',
  [elfnote.XEN_ELFNOTE_GUEST_OS]: 'text',
  [elfnote.XEN_ELFNOTE_GUEST_VERSION]: 'text',
  [elfnote.XEN_ELFNOTE_LOADER]: 'text',
  [elfnote.XEN_ELFNOTE_PAE_MODE]: 'text',
  [elfnote.XEN_ELFNOTE_FEATURES]: 'text',
  [elfnote.XEN_ELFNOTE_SUPPORTED_FEATURES]: 'number',
  [elfnote.XEN_ELFNOTE_BSD_SYMTAB]: 'text',
  [elfnote.XEN_ELFNOTE_SUSPEND_CANCEL]: 'number',
  [elfnote.XEN_ELFNOTE_MOD_START_PFN]: 'number',
  [elfnote.XEN_ELFNOTE_PHYS32_ENTRY]: 'number',
};

const noteNames = namesOf(elfnote, 'XEN_ELFNOTE_').map((name) => name.replace('XEN_ELFNOTE_', ''));
const featureNames = namesOf(version, 'XENFEAT_').map((name) => name.replace('XENFEAT_', ''));

/** The feature names that the text of FEATURES may hold: those that libelf knows. */
const parsableFeatures = [
  version.XENFEAT_writable_page_tables,
  version.XENFEAT_writable_descriptor_tables,
  version.XENFEAT_auto_translated_physmap,
  version.XENFEAT_supervisor_mode_kernel,
  version.XENFEAT_pae_pgdir_above_4gb,
  version.XENFEAT_hvm_callback_vector,
  version.XENFEAT_dom0,
];

interface Features {
  supported: number;
  required: number;
}

/** Parses `name|!name|…`, where `!` marks what the kernel requires. A required feature nobody knows is an error. */
function parseFeatures(text: string): Features {
  const features: Features = { supported: 0, required: 0 };
  for (const word of text.split('|')) {
    const required = word.startsWith('!');
    const name = required ? word.slice(1) : word;
    const bit = parsableFeatures.find((feature) => featureNames[feature] === name);
    if (bit === undefined) {
      if (required)
        throw new ImageError('unsupported', `the kernel requires the unknown Xen feature "${name}"`);
      continue;
    }
    features.supported |= 1 << bit;
    if (required) features.required |= 1 << bit;
  }
  return features;
}

function numericValue({ image }: Elf, at: number, size: number): number {
  if (size === 8) return image.i64('a Xen note', at);
  if (size === 4) return image.u32('a Xen note', at);
  if (size === 2) return image.u16('a Xen note', at);
  return size === 1 ? image.u8('a Xen note', at) : 0;
}

function noteValue(elf: Elf, type: number, at: number, size: number): XenNote['value'] {
  const kind = kinds[type];
  if (kind === undefined) return null;
  return kind === 'text' ? elf.image.text('a Xen note', at, at + size) : numericValue(elf, at, size);
}

/** The Xen notes in one range of the file. */
function xenNotesIn(elf: Elf, offset: number, size: number): XenNote[] {
  return notesIn(elf, offset, size)
    .filter(({ name }) => name === 'Xen')
    .map((note) => {
      elf.image.require('a Xen note', note.offset, note.size);
      const value = noteValue(elf, note.type, note.offset, note.size);
      return { type: note.type, name: noteNames[note.type] ?? '', value };
    });
}

function summarise(notes: readonly XenNote[]): XenNotes {
  const last = (type: number) => notes.findLast((note) => note.type === type)?.value ?? undefined;
  const text = (type: number) => String(last(type) ?? '');
  const number = (type: number) => last(type) as number | undefined;
  const features = parseFeatures(text(elfnote.XEN_ELFNOTE_FEATURES));
  return {
    source: 'notes',
    notes,
    guestOs: text(elfnote.XEN_ELFNOTE_GUEST_OS),
    xenVersion: text(elfnote.XEN_ELFNOTE_XEN_VERSION),
    loader: text(elfnote.XEN_ELFNOTE_LOADER),
    virtBase: number(elfnote.XEN_ELFNOTE_VIRT_BASE),
    entry: number(elfnote.XEN_ELFNOTE_ENTRY),
    paddrOffset: number(elfnote.XEN_ELFNOTE_PADDR_OFFSET),
    hypercallPage: number(elfnote.XEN_ELFNOTE_HYPERCALL_PAGE),
    initP2m: number(elfnote.XEN_ELFNOTE_INIT_P2M),
    modStartPfn: (number(elfnote.XEN_ELFNOTE_MOD_START_PFN) ?? 0) !== 0,
    supportedFeatures: features.supported | (number(elfnote.XEN_ELFNOTE_SUPPORTED_FEATURES) ?? 0),
    requiredFeatures: features.required,
  };
}

/** The old form: `NAME=value,NAME=value,…`. The hypercall page is a page number from the virtual base on. */
function parseGuestSection(text: string): XenNotes {
  const fields = new Map(
    text.split(',').map((field) => {
      const [name = '', ...value] = field.split('=');
      return [name, value.join('=')] as const;
    }),
  );
  const number = (name: string) => {
    const value = fields.get(name);
    if (value === undefined || !/^(0x[0-9a-f]+|\d+)$/i.test(value)) return undefined;
    return Number(BigInt.asIntN(64, BigInt(value)));
  };
  const features = parseFeatures(fields.get('FEATURES') ?? '');
  const virtBase = number('VIRT_BASE');
  const hypercallPfn = number('HYPERCALL_PAGE');
  return {
    source: '__xen_guest',
    notes: [],
    guestOs: fields.get('GUEST_OS') ?? '',
    xenVersion: fields.get('XEN_VER') ?? '',
    loader: fields.get('LOADER') ?? '',
    virtBase,
    entry: number('VIRT_ENTRY'),
    paddrOffset: number('ELF_PADDR_OFFSET'),
    hypercallPage: hypercallPfn === undefined ? undefined : hypercallPfn * PAGE_BYTES + (virtBase ?? 0),
    initP2m: undefined,
    modStartPfn: false,
    supportedFeatures: features.supported,
    requiredFeatures: features.required,
  };
}

/** The notes of an ELF image: from note segments, else note sections, else the `__xen_guest` section. */
export function findXenNotes(elf: Elf): XenNotes {
  const inSegments = elf.noteSegments.flatMap(({ offset, size }) => xenNotesIn(elf, offset, size));
  if (inSegments.length > 0) return summarise(inSegments);
  const sections = elf.sections.filter(({ isNote }) => isNote);
  const inSections = sections.flatMap(({ offset, size }) => xenNotesIn(elf, offset, size));
  if (inSections.length > 0) return summarise(inSections);
  const guest = elf.sections.find(({ name }) => name === '__xen_guest');
  if (guest === undefined)
    throw new ImageError('no Xen notes', 'the ELF image has neither "Xen" notes nor a __xen_guest section');
  return parseGuestSection(elf.image.text('__xen_guest', guest.offset, guest.offset + guest.size));
}
