/** A new domain: from a form, or from a template of the host; either becomes a configuration, which can be changed before it is used. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { templatesOf } from './api.ts';
import type { Place, Template } from './api.ts';

interface Form {
  readonly name: string;
  readonly kernel: string;
  readonly ramdisk: string;
  readonly memory: string;
  readonly vcpus: string;
  readonly disk: string;
  readonly bridge: string;
}

const USUAL: Form = {
  name: 'new',
  kernel: '/boot/mote.elf',
  ramdisk: '/boot/mote.cpio',
  memory: '32',
  vcpus: '1',
  disk: '',
  bridge: 'xenbr0',
};

const LABELS: Readonly<Record<keyof Form, string>> = {
  name: 'Name',
  kernel: 'Kernel',
  ramdisk: 'Ramdisk',
  memory: 'Memory, MiB',
  vcpus: 'Vcpus',
  disk: 'Disk image',
  bridge: 'Bridge of its card',
};

/** A configuration as xm takes it. */
export function configOf({ name, kernel, ramdisk, memory, vcpus, disk, bridge }: Form): string {
  return [
    `name    = "${name}"`,
    `kernel  = "${kernel}"`,
    ...(ramdisk === '' ? [] : [`ramdisk = "${ramdisk}"`]),
    `memory  = ${memory}`,
    `vcpus   = ${vcpus}`,
    ...(disk === '' ? [] : [`disk    = [ 'file:${disk},xvda,w' ]`]),
    ...(bridge === '' ? [] : [`vif     = [ 'bridge=${bridge}' ]`]),
    '',
  ].join('\n');
}

interface NewDomainProps {
  readonly place: Place;
  readonly create: (config: string) => void;
  readonly close: () => void;
}

export function NewDomain({ place, create, close }: NewDomainProps): JSX.Element {
  const [form, setForm] = useState(USUAL);
  const [text, setText] = useState(configOf(USUAL));
  const [templates, setTemplates] = useState<readonly Template[]>([]);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    void templatesOf(place).then(setTemplates, () => undefined);
  }, [place]);
  const change = (field: keyof Form, value: string): void => {
    const changed = { ...form, [field]: value };
    setForm(changed);
    setText(configOf(changed));
  };
  return (
    <dialog ref={dialog} onClose={close} aria-label="new domain">
      <h2>New domain</h2>
      <label>
        Template
        <select
          onChange={(event) => {
            const { value } = event.currentTarget;
            setText(templates.find(({ name }) => name === value)?.text ?? configOf(form));
          }}
        >
          <option value="">the form below</option>
          {templates.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <div class="form">
        {(Object.keys(LABELS) as (keyof Form)[]).map((field) => (
          <label key={field}>
            {LABELS[field]}
            <input
              value={form[field]}
              onInput={(event) => {
                change(field, event.currentTarget.value);
              }}
            />
          </label>
        ))}
      </div>
      <label>
        Configuration
        <textarea
          rows={9}
          value={text}
          spellcheck={false}
          onInput={(event) => {
            setText(event.currentTarget.value);
          }}
        />
      </label>
      <p class="deeds">
        <button
          type="button"
          onClick={() => {
            dialog.current?.close();
          }}
        >
          Cancel
        </button>
        <button
          type="button"
          class="primary"
          onClick={() => {
            create(text);
            dialog.current?.close();
          }}
        >
          Create
        </button>
      </p>
    </dialog>
  );
}
