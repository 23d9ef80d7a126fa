import { consumerTables, outboxTables } from '@ncr/messaging';
import { revocationTable } from '@ncr/platform';
import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Digests are bytea (`Digest.toBytes`), names `COLLATE "C"`, moments timestamptz. A row with `deleted_at` lies in the
 * recycle bin: nobody sees it, nothing it refers to is collected, a re-push revives it.
 */
const tables = `
CREATE TABLE registry.registry (
  id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  anonymous_pull boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);

CREATE TABLE registry.repository (
  id uuid PRIMARY KEY,
  registry_id uuid NOT NULL REFERENCES registry.registry,
  image text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (registry_id, image)
);

CREATE TABLE registry.blob (
  digest bytea PRIMARY KEY,
  size bigint NOT NULL CHECK (size >= 0),
  object_key text COLLATE "C" NOT NULL UNIQUE,
  suspect_since timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE registry.repository_blob (
  repository_id uuid NOT NULL REFERENCES registry.repository,
  digest bytea NOT NULL REFERENCES registry.blob,
  leased_until timestamptz NOT NULL,
  deleted_at timestamptz,
  PRIMARY KEY (repository_id, digest)
);
CREATE INDEX repository_blob_digest ON registry.repository_blob (digest);

CREATE TABLE registry.manifest (
  repository_id uuid NOT NULL REFERENCES registry.repository,
  digest bytea NOT NULL,
  media_type text NOT NULL,
  artifact_type text,
  subject bytea,
  annotations jsonb,
  depth smallint NOT NULL,
  bytes bytea NOT NULL,
  pushed_at timestamptz NOT NULL DEFAULT now(),
  pushed_by uuid,
  deleted_at timestamptz,
  PRIMARY KEY (repository_id, digest)
);
CREATE INDEX manifest_subject ON registry.manifest (repository_id, subject, digest) WHERE subject IS NOT NULL;

CREATE TABLE registry.manifest_blob (
  repository_id uuid NOT NULL,
  manifest bytea NOT NULL,
  blob bytea NOT NULL,
  PRIMARY KEY (repository_id, manifest, blob),
  FOREIGN KEY (repository_id, manifest) REFERENCES registry.manifest ON DELETE CASCADE,
  FOREIGN KEY (repository_id, blob) REFERENCES registry.repository_blob
);
CREATE INDEX manifest_blob_blob ON registry.manifest_blob (repository_id, blob);

CREATE TABLE registry.manifest_child (
  repository_id uuid NOT NULL,
  manifest bytea NOT NULL,
  child bytea NOT NULL,
  PRIMARY KEY (repository_id, manifest, child),
  FOREIGN KEY (repository_id, manifest) REFERENCES registry.manifest ON DELETE CASCADE
);
CREATE INDEX manifest_child_child ON registry.manifest_child (repository_id, child);

CREATE TABLE registry.tag (
  repository_id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  moved_at timestamptz NOT NULL DEFAULT now(),
  moved_by uuid,
  PRIMARY KEY (repository_id, name),
  FOREIGN KEY (repository_id, digest) REFERENCES registry.manifest
);
CREATE INDEX tag_digest ON registry.tag (repository_id, digest);

CREATE TABLE registry.upload (
  id uuid PRIMARY KEY,
  registry_id uuid NOT NULL,
  image text COLLATE "C" NOT NULL,
  principal uuid NOT NULL,
  object_key text COLLATE "C" NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'finished', 'cancelled', 'expired')),
  writer integer,
  received bigint NOT NULL DEFAULT 0,
  algorithm text NOT NULL,
  digest_so_far bytea,
  multipart jsonb,
  tail bytea,
  digest bytea,
  started_at timestamptz NOT NULL DEFAULT now(),
  touched_at timestamptz NOT NULL DEFAULT now(),
  forget_after timestamptz NOT NULL
);
CREATE INDEX upload_open ON registry.upload (principal, touched_at) WHERE state = 'open';
CREATE INDEX upload_forget ON registry.upload USING brin (forget_after);

CREATE TABLE registry.doomed_object (
  object_key text COLLATE "C" PRIMARY KEY,
  reason text NOT NULL,
  multipart jsonb,
  doomed_at timestamptz NOT NULL DEFAULT now(),
  delete_after timestamptz NOT NULL
);
CREATE INDEX doomed_object_due ON registry.doomed_object (delete_after);

CREATE TABLE registry.link_review (
  repository_id uuid NOT NULL,
  digest bytea NOT NULL,
  review_after timestamptz NOT NULL,
  PRIMARY KEY (repository_id, digest)
);
CREATE INDEX link_review_due ON registry.link_review (review_after);

CREATE TABLE registry.blob_review (
  digest bytea PRIMARY KEY,
  review_after timestamptz NOT NULL
);
CREATE INDEX blob_review_due ON registry.blob_review (review_after);
`;

/**
 * The collector's queues are filled by triggers, so that no code path can forget to. `DO UPDATE`, never `DO NOTHING`: a
 * review running at this moment must not swallow the request for another one. Sorted, so that two statements cannot
 * deadlock on the queue's rows.
 */
const triggers = `
CREATE FUNCTION registry.queue_new_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO registry.link_review (repository_id, digest, review_after)
  SELECT repository_id, digest, leased_until FROM changed ORDER BY repository_id, digest
  ON CONFLICT (repository_id, digest) DO UPDATE SET review_after = excluded.review_after;
  RETURN NULL;
END $$;
CREATE TRIGGER queue_new_links AFTER INSERT ON registry.repository_blob
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION registry.queue_new_links();

CREATE FUNCTION registry.queue_deleted_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO registry.link_review (repository_id, digest, review_after)
  VALUES (new.repository_id, new.digest, now())
  ON CONFLICT (repository_id, digest) DO UPDATE SET review_after = excluded.review_after;
  RETURN NULL;
END $$;
CREATE TRIGGER queue_deleted_link AFTER UPDATE OF deleted_at ON registry.repository_blob
  FOR EACH ROW WHEN (new.deleted_at IS NOT NULL) EXECUTE FUNCTION registry.queue_deleted_link();

CREATE FUNCTION registry.queue_dropped_references() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO registry.link_review (repository_id, digest, review_after)
  SELECT DISTINCT repository_id, blob, now() FROM dropped ORDER BY repository_id, blob
  ON CONFLICT (repository_id, digest) DO UPDATE SET review_after = excluded.review_after;
  RETURN NULL;
END $$;
CREATE TRIGGER queue_dropped_references AFTER DELETE ON registry.manifest_blob
  REFERENCING OLD TABLE AS dropped FOR EACH STATEMENT EXECUTE FUNCTION registry.queue_dropped_references();

CREATE FUNCTION registry.queue_dropped_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO registry.blob_review (digest, review_after)
  SELECT DISTINCT digest, now() FROM dropped ORDER BY digest
  ON CONFLICT (digest) DO UPDATE SET review_after = excluded.review_after;
  RETURN NULL;
END $$;
CREATE TRIGGER queue_dropped_links AFTER DELETE ON registry.repository_blob
  REFERENCING OLD TABLE AS dropped FOR EACH STATEMENT EXECUTE FUNCTION registry.queue_dropped_links();
`;

/**
 * What a finished upload of a new digest changes, in one round trip. Each statement of the function sees what was
 * committed before it began, so the registry is read behind its lock. Gives `done`; or `deleted` (the registry is),
 * `known` (the digest is there already), and then nothing was changed. Raises when the upload is not this writer's.
 */
const functions = `
CREATE FUNCTION registry.commit_blob(
  of_registry uuid, of_repository uuid, new_digest bytea, new_size bigint, new_key text, of_upload uuid, by_writer integer
) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended(of_registry::text, 1));
  IF NOT EXISTS (SELECT FROM registry.registry WHERE id = of_registry AND deleted_at IS NULL) THEN
    RETURN 'deleted';
  END IF;
  INSERT INTO registry.blob (digest, size, object_key) VALUES (new_digest, new_size, new_key) ON CONFLICT (digest) DO NOTHING;
  IF NOT FOUND THEN
    RETURN 'known';
  END IF;
  INSERT INTO registry.repository_blob (repository_id, digest, leased_until)
  VALUES (of_repository, new_digest, now() + interval '36 hours');
  UPDATE registry.upload
  SET state = 'finished', digest = new_digest, received = new_size, tail = NULL, multipart = NULL, writer = NULL
  WHERE id = of_upload AND writer = by_writer AND state = 'open';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'upload % was taken over by another process', of_upload;
  END IF;
  RETURN 'done';
END $$;
`;

/** Everything the data plane stands on. */
export class InitialSchema1700000000000 implements MigrationInterface {
  name = 'InitialSchema1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(triggers);
    await runner.query(functions);
    await runner.query(outboxTables('registry'));
    await runner.query(consumerTables('registry'));
    await runner.query(revocationTable('registry'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA registry CASCADE');
  }
}
