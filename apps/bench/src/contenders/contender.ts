import type { Server } from './server';

/** A registry that takes part in the comparison. */
export interface Contender {
  /** Short, and a column title. */
  name: string;
  /** Program, version and the settings that matter. */
  description: string;
  /** What is on the disk when a push or a manifest PUT was answered with 201. */
  durability: string;
  /**
   * The folder, below its own, where the bytes of blobs lie and nothing else. Pushed files that a DELETE leaves there for a
   * later collection are taken away after each run, or the disk would fill.
   */
  blobs: string;
  /** Starts it with all its data in the empty folder; rejects with the end of its output when it does not come up. */
  start(folder: string): Promise<Server>;
  /** Makes what the requests need before the first one, and gives the source of their `Authorization`. */
  login(server: Server): Promise<Credentials>;
}

/** Gives the value of `Authorization` that is valid for some minutes from now, or undefined where none is asked for. */
export type Credentials = () => Promise<string | undefined>;
