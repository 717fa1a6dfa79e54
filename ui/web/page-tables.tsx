/** The page tables of the domain that is looked at: its address spaces, opened level by level, or down to an address. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { AddressSpaceView, EntryView, TablePath, TableView } from '../lab/page-tables.ts';
import { NO_ADDRESS, parseAddress } from './address.ts';
import type { LabClient } from './lab-client.ts';

/** Tables that are open, by `keyOf`. */
const open = signal<ReadonlyMap<string, TablePath>>(new Map());
/** The entry that was looked for: its table, and its slot. */
const sought = signal<{ readonly table: string; readonly slot: number } | null>(null);
const wanted = signal('');

function keyOf({ root, slots }: TablePath): string {
  return [root, ...slots].join('/');
}

function hex(value: number): string {
  return value < 0 ? '–' : value.toString(16);
}

export function PageTables({ client }: { client: LabClient }) {
  const paths = open.value;
  useEffect(() => {
    client.send({ type: 'pageTables', open: [...paths.values()] });
  }, [client, paths]);
  useEffect(
    () => () => {
      client.send({ type: 'pageTables', open: null });
    },
    [client],
  );
  const view = client.pageTables.value;
  if (view === null || view.spaces.length === 0) return <p class="hint">Nothing is booted.</p>;
  const tables = new Map(view.tables.map((table) => [keyOf(table.path), table]));
  return (
    <div
      class="scroll page-tables"
      tabIndex={0}
      role="group"
      aria-label="Page tables"
      data-testid="page-tables"
    >
      <AddressField spaces={view.spaces} />
      <ul>
        {view.spaces.map((space) => (
          <Space key={space.mfn} space={space} tables={tables} />
        ))}
      </ul>
    </div>
  );
}

/** Opens an address space down to an address. */
function AddressField({ spaces }: { spaces: readonly AddressSpaceView[] }) {
  const address = parseAddress(wanted.value);
  const chosen = spaces.find(({ mfn }) => open.value.has(String(mfn))) ?? spaces.find(isLoaded) ?? spaces[0];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (address !== null && chosen !== undefined) seek(chosen.mfn, address);
      }}
    >
      <input
        type="text"
        aria-label="Address"
        placeholder="address, hexadecimal"
        value={wanted.value}
        onInput={(event) => {
          wanted.value = event.currentTarget.value;
        }}
      />
      <button disabled={address === null}>Walk to it</button>
      <small>
        {address === null && wanted.value !== '' ? NO_ADDRESS : 'in the first address space that is open'}
      </small>
    </form>
  );
}

function isLoaded({ loaded }: AddressSpaceView): boolean {
  return loaded.some((how) => how.endsWith('user'));
}

function seek(root: number, address: bigint): void {
  const slots = [39n, 30n, 21n, 12n].map((shift) => Number((address >> shift) & 511n));
  const paths = [0, 1, 2, 3].map((count): TablePath => ({ root, slots: slots.slice(0, count) }));
  open.value = new Map([...open.value, ...paths.map((path) => [keyOf(path), path] as const)]);
  sought.value = { table: keyOf(paths[3]!), slot: slots[3]! };
}

function toggle(path: TablePath): void {
  const next = new Map(open.value);
  if (!next.delete(keyOf(path))) next.set(keyOf(path), path);
  open.value = next;
}

function Toggle({ path, label }: { path: TablePath; label: string }) {
  const isOpen = open.value.has(keyOf(path));
  return (
    <button
      class="toggle"
      aria-expanded={isOpen}
      aria-label={label}
      onClick={() => {
        toggle(path);
      }}
    >
      {isOpen ? '▾' : '▸'}
    </button>
  );
}

function Space({ space, tables }: { space: AddressSpaceView; tables: ReadonlyMap<string, TableView> }) {
  const path: TablePath = { root: space.mfn, slots: [] };
  const name = space.program === null ? 'address space' : space.program;
  return (
    <li>
      <p class="space">
        <Toggle path={path} label={`L4 table ${hex(space.mfn)}`} /> <b>{name}</b>{' '}
        <span>
          L4 table: mfn <code>{hex(space.mfn)}</code>, pfn <code>{hex(space.pfn)}</code>
          {space.pinned ? ', pinned' : ''} · {space.userPages} user page{space.userPages === 1 ? '' : 's'}
        </span>
        {space.loaded.map((how) => (
          <i key={how}>{how}</i>
        ))}
      </p>
      <Table path={path} tables={tables} />
    </li>
  );
}

function Table({ path, tables }: { path: TablePath; tables: ReadonlyMap<string, TableView> }) {
  const key = keyOf(path);
  const table = tables.get(key);
  if (!open.value.has(key) || table === undefined) return null;
  if (table.entries.length === 0) return <p class="hint">No entry is present.</p>;
  return (
    <table class={`level-${String(table.level)}`}>
      <thead>
        <tr>
          <th>L{table.level} slot</th>
          <th>translates from</th>
          <th title="machine frame: where it is in the machine's memory">mfn</th>
          <th title="pseudo-physical frame: which page of the domain's memory it is">pfn</th>
          <th title="RW writable, US user, A accessed, D dirty, G global, GK Xen's mark of a kernel's page, NX no code">
            flags
          </th>
          <th title="what the hypervisor's frame table says of the frame">the frame is</th>
        </tr>
      </thead>
      <tbody>
        {table.entries.map((entry) => (
          <Entry key={entry.slot} path={path} entry={entry} tables={tables} />
        ))}
      </tbody>
    </table>
  );
}

interface EntryProps {
  readonly path: TablePath;
  readonly entry: EntryView;
  readonly tables: ReadonlyMap<string, TableView>;
}

function Entry({ path, entry, tables }: EntryProps) {
  const below: TablePath = { root: path.root, slots: [...path.slots, entry.slot] };
  const isSought = sought.value?.table === keyOf(path) && sought.value.slot === entry.slot;
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (isSought) row.current?.scrollIntoView({ block: 'center' });
  }, [isSought]);
  return (
    <>
      <tr ref={row} class={isSought ? 'here' : ''}>
        <td>
          {entry.isTable ? <Toggle path={below} label={`table at ${entry.address}`} /> : null} {entry.slot}
        </td>
        <td>{entry.address}</td>
        <td>{hex(entry.mfn)}</td>
        <td>{hex(entry.pfn)}</td>
        <td>{entry.flags}</td>
        <td>{entry.frame}</td>
      </tr>
      {entry.isTable && tables.has(keyOf(below)) && open.value.has(keyOf(below)) ? (
        <tr class="nested">
          <td colSpan={6}>
            <Table path={below} tables={tables} />
          </td>
        </tr>
      ) : null}
    </>
  );
}
