import { MethodOf, Route } from '../route';
import { Answer, jsonAnswer } from './answer';
import { Call, CallFor } from './call';
import { listReferrers, listRepositories, listTags } from './discovery';
import { deleteBlob, deleteManifest } from './management';
import { getBlob, getManifest, headBlob, headManifest } from './pull';
import { appendUpload, cancelUpload, finishUpload, putManifest, startUpload, uploadStatus } from './push';

type Endpoint<C> = (call: C) => Answer | Promise<Answer>;

const ready = jsonAnswer({});
/** end-1. Who gets here has passed authorization: that is all a client wants to know. */
const checkSupport = () => ready;

/** The specification's table of endpoints. HEAD of a list is its GET; the adapter leaves the body out. */
const endpoints: { [Kind in Route['kind']]: { [Method in MethodOf<Kind>]: Endpoint<CallFor<Kind>> } } = {
  base: { GET: checkSupport, HEAD: checkSupport },
  catalog: { GET: listRepositories, HEAD: listRepositories },
  manifest: { GET: getManifest, HEAD: headManifest, PUT: putManifest, DELETE: deleteManifest },
  blob: { GET: getBlob, HEAD: headBlob, DELETE: deleteBlob },
  uploads: { POST: startUpload },
  upload: { GET: uploadStatus, HEAD: uploadStatus, PATCH: appendUpload, PUT: finishUpload, DELETE: cancelUpload },
  tags: { GET: listTags, HEAD: listTags },
  referrers: { GET: listReferrers, HEAD: listReferrers },
};

/** Every route has an endpoint: the table above is complete by its type. */
export function endpointOf(route: Route): Endpoint<Call> {
  const methods = endpoints[route.kind] as unknown as Record<Route['method'], Endpoint<Call>>;
  return methods[route.method];
}
