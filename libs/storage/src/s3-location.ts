import { StorageError } from './errors';

/** Where a bucket is, and what of it is ours. */
export interface S3Location {
  readonly bucket: string;
  /** Stands before every key; without a slash at its ends, empty for the whole bucket. */
  readonly prefix: string;
  /** `https://host:port` of the store. */
  readonly endpoint: string;
  readonly region: string;
  /** Whether the bucket stands in the path of a request, not in its host name. */
  readonly pathStyle: boolean;
}

const amazon = 'https://s3.amazonaws.com';
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** `%` and `+` are escaped in more than one way by stores, so they are no part of a name. */
const prefixName = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const regionName = /^[A-Za-z0-9-]{1,64}$/;

/**
 * Takes `s3://bucket/prefix?endpoint=https://host:9000&region=us-east-1&pathStyle=true`. The prefix may be left out; the
 * endpoint is Amazon's by default, the region us-east-1, and the bucket stands in the path unless the endpoint is
 * Amazon's. Throws `StorageError` that names the wrong part.
 */
export function parseS3Location(text: string): S3Location {
  const match = /^s3:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(text);
  const [, bucket = '', path = '', query = ''] = match ?? [];
  if (!bucketName.test(bucket)) throw wrong('has a bucket of 3 to 63 lower-case letters, digits, dots and hyphens');
  const prefix = path.replace(/\/$/, '');
  if (prefix !== '' && !prefixName.test(prefix)) throw wrong('has a prefix of letters, digits, ., _ and -');
  const parameters = parametersOf(query);
  const endpoint = endpointOf(parameters.get('endpoint') ?? amazon);
  const region = parameters.get('region') ?? 'us-east-1';
  if (!regionName.test(region)) throw wrong('has a region like us-east-1');
  const pathStyle = parameters.get('pathStyle') ?? String(endpoint !== amazon);
  if (pathStyle !== 'true' && pathStyle !== 'false') throw wrong('has pathStyle=true or pathStyle=false');
  return { bucket, prefix, endpoint, region, pathStyle: pathStyle === 'true' };
}

function parametersOf(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!['endpoint', 'region', 'pathStyle'].includes(name)) throw wrong('knows endpoint, region and pathStyle only');
    if (parameters.has(name)) throw wrong(`has one ${name}`);
    parameters.set(name, value);
  }
  return parameters;
}

function endpointOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.href !== `${url.origin}/`) {
    throw wrong('has an endpoint of the form https://host:port');
  }
  return url.origin;
}

function wrong(what: string): StorageError {
  return new StorageError(`an s3: location ${what}`);
}
