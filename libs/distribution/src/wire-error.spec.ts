import * as fc from 'fast-check';
import { BlobUnknown, registryErrors, RegistryError, Unavailable } from '@ncr/oci';
import { decodeError, encodeError } from './wire-error';

function sent(error: RegistryError): RegistryError {
  const headers = Object.fromEntries(Object.entries(error.headers).map(([name, value]) => [name.toLowerCase(), value]));
  return decodeError({ status: error.status, headers, body: Buffer.from(encodeError(error)).toString() });
}

test.each(registryErrors.map((entry) => [entry.name, entry] as const))('%s arrives as what it is', (name, Class) => {
  const error = new Class('no', { digest: 'd' }, { 'Retry-After': '7', 'WWW-Authenticate': 'Basic', Location: '/v2/' });
  const received = sent(error);
  expect(received).toMatchObject({ name, message: 'no', detail: { digest: 'd' }, headers: { 'Retry-After': '7' } });
  expect(received).toBeInstanceOf(Class);
  expect(sent(new Class('bare')).detail).toBeUndefined();
});

test('a challenge or location of one hop is not passed on to the next', () => {
  const received = sent(new Unavailable('no', undefined, { 'WWW-Authenticate': 'Basic', Location: '/v2/x' }));
  expect(received.headers).toEqual({});
});

test('whatever a registry answers, it becomes an error of ours', () => {
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((text) => `{"errors":[${text}]}`),
  );
  fc.assert(
    fc.property(fc.integer({ min: 400, max: 599 }), body, (status, text) => {
      expect(decodeError({ status, headers: {}, body: text })).toBeInstanceOf(RegistryError);
    }),
  );
});

test.each([
  [401, 'Unauthorized'],
  [403, 'Denied'],
  [404, 'NameUnknown'],
  [416, 'RangeInvalid'],
  [429, 'TooManyRequests'],
  [502, 'Unavailable'],
  [418, 'Unknown'],
])('without a body %d is %s', (status, name) => {
  expect(decodeError({ status, headers: {}, body: '' }).name).toBe(name);
});

test('a code counts more than a status that does not fit it', () => {
  const body = '{"errors":[{"code":"BLOB_UPLOAD_INVALID"}]}';
  expect(decodeError({ status: 404, headers: {}, body }).name).toBe('BlobUploadInvalid');
  expect(decodeError({ status: 404, headers: {}, body }, BlobUnknown).name).toBe('BlobUnknown');
});
