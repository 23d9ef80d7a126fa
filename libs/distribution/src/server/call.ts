import { IncomingHttpHeaders } from 'node:http';
import { ByteSource, Registry } from '@ncr/oci';
import { Route } from '../route';

/** Everything an endpoint decides on. */
export interface Call<R extends Route = Route> {
  readonly route: R;
  readonly headers: IncomingHttpHeaders;
  /** Its `length` is the announced one; absent for chunked transfer encoding, 0 without a body. */
  readonly body: ByteSource;
  /** The registry as this caller may use it. */
  readonly registry: Registry;
  /** The largest manifest that is taken, in bytes. */
  readonly manifestLimit: number;
}

/** A call for one kind of path. */
export type CallFor<Kind extends Route['kind']> = Call<Extract<Route, { kind: Kind }>>;
