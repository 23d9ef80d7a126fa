import { RegistryError, registryErrors } from './errors';

/** Code and statuses: distribution-spec v1.1.1 "Error Codes" and endpoint table; below the line what clients know besides. */
const table: readonly (readonly [code: string, ...statuses: number[]])[] = [
  ['BLOB_UNKNOWN', 404],
  ['BLOB_UPLOAD_INVALID', 400],
  ['BLOB_UPLOAD_UNKNOWN', 404],
  ['DIGEST_INVALID', 400],
  ['MANIFEST_BLOB_UNKNOWN', 400],
  ['MANIFEST_INVALID', 400, 413],
  ['MANIFEST_UNKNOWN', 404],
  ['NAME_INVALID', 400],
  ['NAME_UNKNOWN', 404],
  ['SIZE_INVALID', 400, 413, 414],
  ['UNAUTHORIZED', 401],
  ['DENIED', 403],
  ['UNSUPPORTED', 405],
  ['TOOMANYREQUESTS', 429],
  // ---
  ['RANGE_INVALID', 416],
  ['PAGINATION_NUMBER_INVALID', 400],
  ['UNAVAILABLE', 503],
  ['UNKNOWN', 500],
];

test('there is one error class for each code and status of the specification, and no other', () => {
  const classes = registryErrors.map((Class) => new Class('why')).map(({ code, status }) => `${code} ${status}`);
  const specified = table.flatMap(([code, ...statuses]) => statuses.map((status) => `${code} ${status}`));
  expect(classes.sort()).toEqual(specified.sort());
});

test.each(registryErrors.map((Class) => [Class.name, Class] as const))(
  '%s carries its facts and is an Error',
  (name, Class) => {
    const error = new Class('why', { digest: 'd' }, { 'Retry-After': '1' });
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, message: 'why', detail: { digest: 'd' }, headers: { 'Retry-After': '1' } });
    expect(new Class('why').headers).toEqual({});
  },
);

test('what a client did wrong is not louder than debug; what an operator must see is', () => {
  for (const Class of registryErrors) {
    const { status, logLevel } = new Class('why');
    expect(logLevel).toBe(status < 500 ? 'debug' : status === 503 ? 'warn' : 'error');
  }
});
