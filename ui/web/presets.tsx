/** Worlds to begin with: what each is set up as in the dialog, what one looks at then, and what to do first. */
import { signal } from '@preact/signals';
import { ALONE_MB, USUAL_HOST } from '../lab/usual-host.ts';
import type { World } from './chosen-world.ts';
import { DEMOS } from './demos.ts';
import { demoAddress } from './links.ts';
import './presets.css';

type Settings = Omit<World, 'files'>;

export interface Preset {
  readonly name: string;
  readonly says: string;
  /** What the dialog is set to; `pick`: a file takes its place, which is picked at once. */
  readonly settings: Settings | 'pick';
}

const { commandLine, hostMb, vcpus } = USUAL_HOST;
const HOST: Settings = { isHost: true, hosts: 1, xen: '', commandLine, memoryMb: ALONE_MB, hostMb, vcpus };

export const PRESETS: readonly Preset[] = [
  {
    name: 'A host',
    says: 'Xen, and Mote as domain 0 at its prompt. First: xm create mote, and watch a domain being made.',
    settings: HOST,
  },
  {
    name: 'Two hosts',
    says: 'Two such hosts, A at 10.0.0.100 and B at 10.0.0.101, on one wire. First: ping -c 1 10.0.0.101 on A, through the lens “network”.',
    settings: { ...HOST, hosts: 2, hostMb: 576 },
  },
  {
    name: 'Debian as a guest',
    says: 'Debian’s own kernel, alone on Xen: pick its vmlinuz and a ramdisk (guests/debian/fetch.ts brings both). First: let it come to its shell, then step by hypercall.',
    settings: { isHost: false, commandLine: 'console=hvc0 rdinit=/init', memoryMb: 128, vcpus: 4 },
  },
  {
    name: 'A kernel of your own',
    says: 'Your ELF file or bzImage with Xen’s notes, alone on Xen: pick it. First: let it stand at its first instruction, and step by line.',
    settings: { isHost: false, commandLine: '', memoryMb: 32, vcpus: 1 },
  },
  {
    name: 'A recording',
    says: 'A run of somebody else’s, or of a failed test: it stands at its beginning. First: go to where it matters, by the timeline.',
    settings: 'pick',
  },
];

/** The one that was chosen last, while the dialog is open. */
export const preset = signal<Preset | null>(null);

interface Props {
  /** Takes settings. */
  readonly choose: (settings: Settings) => void;
  /** Has somebody pick a file. */
  readonly pick: () => void;
  readonly close: () => void;
}

export function Presets({ choose, pick, close }: Props) {
  return (
    <fieldset class="presets">
      <legend>Begin with</legend>
      <span class="preset-buttons">
        {PRESETS.map((each) => (
          <button
            type="button"
            key={each.name}
            aria-pressed={preset.value === each}
            onClick={() => {
              preset.value = each;
              if (each.settings === 'pick') pick();
              else choose(each.settings);
            }}
          >
            {each.name}
          </button>
        ))}
      </span>
      {DEMOS.map(({ name, title, says }) => (
        <p key={name}>
          <a href={demoAddress(name)} onClick={close}>
            {title}
          </a>
          , to be shown: {says}
        </p>
      ))}
      <p role="status" data-testid="preset">
        {preset.value?.says ?? 'Or set it up yourself, below.'}
      </p>
    </fieldset>
  );
}
