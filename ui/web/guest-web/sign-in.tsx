/** A server of the world's wants to know who asks: what a browser would ask for in a window of its own. */
import { useRef } from 'preact/hooks';
import { signIn } from './bridge.ts';

interface Asked {
  readonly url: URL;
  readonly realm: string;
  readonly done: (url: URL) => void;
}

export function SignIn({ url, realm, done }: Asked) {
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  return (
    <form
      class="sign-in"
      aria-label={realm}
      onSubmit={(event) => {
        event.preventDefault();
        signIn(url, name.current!.value, password.current!.value);
        done(url);
      }}
    >
      <p>
        <b>{realm}</b> asks for a name and a password. They go into the world, and into its recording, as they
        are.
      </p>
      <label>
        Name <input ref={name} autocomplete="off" spellcheck={false} />
      </label>
      <label>
        Password <input ref={password} type="password" autocomplete="off" />
      </label>
      <button type="submit" class="small">
        Sign in
      </button>
    </form>
  );
}
