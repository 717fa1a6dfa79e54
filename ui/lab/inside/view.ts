/** What is inside a domain, as its kernel's own data have it, in plain data: read from its memory as it stands, never asked of it. */

export interface ProcessView {
  readonly pid: number;
  /** 0: it has none. */
  readonly parent: number;
  readonly name: string;
  readonly state: 'alive' | 'stopped' | 'ended';
  /** Its address space is the one that a vcpu of its domain has loaded: it runs, or ran last. */
  readonly isLoaded: boolean;
}

/** A bridge of a kernel, with what it has learned from the frames that came in. */
export interface BridgeView {
  readonly name: string;
  /** Interfaces that are plugged into it, by name. */
  readonly ports: readonly string[];
  readonly learned: readonly {
    /** `00:16:3e:00:00:11` */
    readonly address: string;
    /** Behind which of its ports it is. */
    readonly port: string;
    /** How long ago the last frame came from there, in s. */
    readonly seconds: number;
  }[];
}

export interface InsideView {
  readonly processes: readonly ProcessView[];
  readonly bridges: readonly BridgeView[];
}
