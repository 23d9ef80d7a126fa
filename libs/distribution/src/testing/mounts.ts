import { absent, Content, unique } from './content';
import { Details, Row, row, Section, Step, step } from './row';
import { finish, there } from './uploads';

const blob = unique(256);
/** Not pushed to any repository but one, so that a mount without `from` finds it there or nowhere. */
const alone = unique(256);
const elsewhere = [{ blob, in: '{other}' }] as const;

function post(query: string, status: number, details: Details = {}): Step {
  return step('POST /v2/{repo}/blobs/uploads/', status, { query, ...details });
}

function mounted(query: string, digest: string): Step {
  return post(query, 201, {
    gives: { Location: `/v2/{repo}/blobs/${digest}`, 'Docker-Content-Digest': digest, Range: null },
  });
}

/** The answer to a mount that cannot be: an upload, as if nothing had been said about mounting. */
function session(query: string): Step {
  return post(query, 202, {
    gives: { Location: '/v2/{repo}/blobs/uploads/*', Range: '0-0', 'Docker-Upload-UUID': /./ },
  });
}

function fallsBack(says: string, query: string, sent: Content = blob): Row {
  return row(
    `${says} opens an upload`,
    elsewhere,
    session(query),
    finish(sent.digest, { body: sent.bytes }),
    there(sent),
  );
}

export const mounts: Section = {
  title: 'end-11: mounting a blob from another repository',
  rows: [
    row(
      'F: a blob of another repository is there at once',
      elsewhere,
      mounted(`mount=${blob.digest}&from={other}`, blob.digest),
      there(blob),
    ),
    row(
      'F: a sha512 blob is mounted under its digest',
      [{ blob, algorithm: 'sha512', in: '{other}' }],
      mounted(`mount=${blob.sha512}&from={other}`, blob.sha512),
      there(blob),
    ),
    row(
      'F: a digest may be percent-encoded, and further parameters are no harm (crane sends origin)',
      elsewhere,
      mounted(`mount=${encodeURIComponent(blob.digest)}&from={other}&origin=example.com`, blob.digest),
      there(blob),
    ),
    row(
      'F: a blob mounted stays when its source goes',
      elsewhere,
      mounted(`mount=${blob.digest}&from={other}`, blob.digest),
      step(`DELETE /v2/{other}/blobs/${blob.digest}`, 202),
      step(`GET /v2/{repo}/blobs/${blob.digest}`, 200, { content: blob.bytes }),
    ),
    row(
      'F: a blob may be mounted again where it is',
      [...elsewhere, { blob }],
      mounted(`mount=${blob.digest}&from={other}`, blob.digest),
    ),
    row(
      'F: a blob may be mounted from its own repository',
      [{ blob }],
      mounted(`mount=${blob.digest}&from={repo}`, blob.digest),
    ),
    row(
      'F: without from, a blob of the same registry is found',
      [{ blob: alone, in: '{other}' }],
      mounted(`mount=${alone.digest}`, alone.digest),
      there(alone),
    ),
    fallsBack('F: a mount of a blob that nobody has', `mount=${absent.digest}&from={other}`),
    fallsBack('F: a mount without from of a blob that nobody has', `mount=${absent.digest}`),
    fallsBack('F: a mount of a sha512 digest that nobody has', `mount=${absent.sha512}&from={other}`),
    fallsBack('F: a mount from a repository that never was', `mount=${blob.digest}&from={repo}/nowhere`),
    fallsBack('F: a mount of a malformed digest', 'mount=sha256:baddigeststring&from={other}'),
    fallsBack(
      'F: a mount of a digest of an algorithm that nobody knows',
      `mount=blake9:${'0'.repeat(64)}&from={other}`,
    ),
    fallsBack('F: a mount from an impossible repository', `mount=${blob.digest}&from=../{other}`),
    fallsBack('F: from without mount', 'from={other}'),
    row(
      'F: the upload that a failed mount opened may be cancelled (podman, docker)',
      [],
      session(`mount=${absent.digest}&from={other}`),
      step('DELETE {location}', 204),
    ),
    row(
      'F: a mount that failed leaves no blob',
      [],
      session(`mount=${absent.digest}&from={other}`),
      step(`HEAD /v2/{repo}/blobs/${absent.digest}`, 404),
    ),
  ],
};
