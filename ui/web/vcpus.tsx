/** The virtual processors: state, registers (what the last step changed stands out), and the code at RIP. */
import { signal } from '@preact/signals';
import type { VcpuView } from '../lab/views.ts';
import type { LabClient } from './lab-client.ts';
import { selected } from './stage/selected.ts';
import { moveAmongTabs, Tab } from './tabs.tsx';

/** The one that was clicked; null: the one that has the processor. */
const chosen = signal<number | null>(null);

export function Vcpus({ client }: { client: LabClient }) {
  const { vcpus, running } = client.state.value;
  const holder = vcpus.find(({ current }) => current) ?? vcpus[0];
  const vcpu = chosen.value === null ? holder : (vcpus[chosen.value] ?? holder);
  const { previous } = client;
  const isSameDomain = previous.value.shown === client.state.value.shown;
  const before = isSameDomain ? previous.value.vcpus[vcpu?.id ?? 0] : undefined;
  return (
    <div class="vcpus">
      <div class="tabs" role="tablist" aria-label="Virtual processors" onKeyDown={moveAmongTabs}>
        {vcpus.map(({ id, state, mode, current }) => (
          <Tab
            key={id}
            chosen={vcpu?.id === id}
            panel="vcpu"
            title={
              chosen.value === id ? 'Click again to follow the vcpu that runs' : 'Keep showing this vcpu'
            }
            choose={() => {
              chosen.value = chosen.value === id ? null : id;
            }}
          >
            vcpu {id} <i class={state}>{current && state === 'running' ? `running, ${mode}` : state}</i>
          </Tab>
        ))}
      </div>
      {vcpu === undefined ? (
        <p class="hint">Nothing is booted.</p>
      ) : (
        <div class="processor" id="vcpu" role="tabpanel" aria-label={`vcpu ${String(vcpu.id)}`} tabIndex={0}>
          <Registers client={client} vcpu={vcpu} before={running ? undefined : before} />
          <Code client={client} vcpu={vcpu} />
        </div>
      )}
    </div>
  );
}

interface WordProps {
  readonly client: LabClient;
  readonly vcpu: VcpuView;
  /** 16 hexadecimal digits, and as they are shown. */
  readonly value: string;
  readonly children: string;
}

/** A word that the inspector tells of when it is clicked. */
function Word({ client, vcpu, value, children }: WordProps) {
  return (
    <button
      class="word"
      title="What is it?"
      onClick={() => {
        const { host, shown } = client.state.value;
        selected.value = { host, thing: { kind: 'word', domain: shown, vcpu: vcpu.id, value } };
      }}
    >
      {children}
    </button>
  );
}

interface RegistersProps {
  readonly client: LabClient;
  readonly vcpu: VcpuView;
  readonly before: VcpuView | undefined;
}

function Registers({ client, vcpu, before }: RegistersProps) {
  return (
    <dl class="registers" data-testid="registers">
      {Object.entries(vcpu.registers).map(([name, value]) => {
        const changed = before !== undefined && before.registers[name] !== value;
        return (
          <div key={name} class={changed ? 'changed' : ''}>
            <dt>{name}</dt>
            <dd data-register={name}>
              <Word client={client} vcpu={vcpu} value={value}>
                {value}
              </Word>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Code({ client, vcpu }: { client: LabClient; vcpu: VcpuView }) {
  if (vcpu.code.length === 0) return <p class="hint">Nothing is mapped at its RIP.</p>;
  return (
    <ol class="code" data-testid="code" tabIndex={0} aria-label="Code that comes next">
      {vcpu.code.map(({ address, text }) => (
        <li key={address}>
          <span class="address">
            <Word client={client} vcpu={vcpu} value={address.replace('0x', '').padStart(16, '0')}>
              {address.slice(-8)}
            </Word>
          </span>{' '}
          {text}
        </li>
      ))}
    </ol>
  );
}
