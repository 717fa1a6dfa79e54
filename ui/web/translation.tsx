/** What the processor's translator makes of code: x86, what the decoder has made of it, and WebAssembly, side by side. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { hex64 } from '../../core/machine.ts';
import type { ExplainedCode, ExplainedRegion } from '../../core/translator/explain.ts';
import { NO_ADDRESS, parseAddress } from './address.ts';
import type { LabClient } from './lab-client.ts';
import { translate, translation } from './translating.ts';

/** As it was typed; empty: the code that comes next. */
const typed = signal('');

const signed = (address: bigint): number => Number(BigInt.asIntN(64, address));

export function TranslatedCode({ client }: { client: LabClient }) {
  const { running, booted, vcpus, instructions, shown, host } = client.state.value;
  const vcpu = vcpus.find(({ current }) => current) ?? vcpus[0];
  const parsed =
    typed.value.trim() === '' ? parseAddress(vcpu?.registers['rip'] ?? '') : parseAddress(typed.value);
  const address = parsed === null ? null : signed(parsed);
  const id = vcpu?.id ?? 0;
  useEffect(() => {
    if (booted && !running && address !== null) client.send({ type: 'codePage', vcpu: id, address });
  }, [client, booted, running, address, id, instructions, shown, host]);
  const code = client.codePage.value;
  useEffect(() => {
    if (code !== null && code.page !== null) translate({ address: code.address, page: code.page });
  }, [code]);
  if (!booted) return <p class="hint">Nothing is booted.</p>;
  return (
    <div
      class="scroll translation"
      tabIndex={0}
      role="group"
      aria-label="Translation"
      data-testid="translation"
    >
      <AddressField isWrong={parsed === null && typed.value.trim() !== ''} />
      {running ? (
        <p class="hint">It is shown when the host stands.</p>
      ) : code?.page === null ? (
        <p class="hint">{`Nothing is mapped at ${hex64(code.address)}.`}</p>
      ) : (
        <Shown />
      )}
    </div>
  );
}

function AddressField({ isWrong }: { isWrong: boolean }) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      <input
        type="text"
        aria-label="Address of the code"
        placeholder="address, or RIP"
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
        }}
      />
      <small>
        {isWrong
          ? NO_ADDRESS
          : 'as the translator would write it, had all of its ways in this page been gone'}
      </small>
    </form>
  );
}

function Shown() {
  const shown = translation.value;
  if (shown === null) return <p class="hint">The translator comes …</p>;
  const { address, region } = shown;
  if (region === null)
    return (
      <p class="hint">{`At ${hex64(address)} there is no code of 64 bits that a translation begins with.`}</p>
    );
  if (typeof region === 'string') return <p class="hint">{region}</p>;
  return <Region address={address} region={region} />;
}

function Region({
  address,
  region: { blocks, records, bytes, code },
}: {
  address: number;
  region: ExplainedRegion;
}) {
  return (
    <>
      <p>
        From <code>{hex64(address)}</code> on: {blocks} block{blocks === 1 ? '' : 's'}, {records} records;{' '}
        {bytes} bytes of WebAssembly, as one function.
      </p>
      <table>
        <thead>
          <tr>
            <th>x86</th>
            <th title="what the decoder has made of it, which the interpreter executes">record</th>
            <th>WebAssembly</th>
          </tr>
        </thead>
        <tbody>
          {code.map((each, n) => (
            <Piece key={n} code={each} outside={n === 0 ? 'on the way in' : 'on the way out'} />
          ))}
        </tbody>
      </table>
    </>
  );
}

/** `outside`: what it is where it is no record's. */
function Piece({
  code: { record, continues, wasm },
  outside,
}: {
  readonly code: ExplainedCode;
  readonly outside: string;
}) {
  const begins = record?.begins === true && !continues;
  const at = record === null ? outside : hex64(record.address).slice(-8);
  return (
    <tr class={begins ? 'begins' : ''}>
      <td>
        <span class="address">{at}</span> {continues ? '(goes on)' : record?.x86.join('\n')}
      </td>
      <td>{continues ? '' : record?.text}</td>
      <td>{wasm.join('\n')}</td>
    </tr>
  );
}
