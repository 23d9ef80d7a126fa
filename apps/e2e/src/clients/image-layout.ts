import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { content, Content, Descriptor, Image, index, jsonContent, mediaTypes, sha256 } from '../content';

/** A folder in the form of the image-spec's image layout, which clients read and write. */
export class ImageLayout {
  /** Holds `root` under the tag `latest`, and the blobs and manifests that it needs. */
  private static write(folder: string, root: Content, parts: readonly Content[]): void {
    mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
    writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    for (const { bytes, descriptor } of [root, ...parts]) writeFileSync(blobFile(folder, descriptor.digest), bytes);
    const tagged = { ...root.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'latest' } };
    writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [tagged] }));
  }

  /** Writes a fresh image for two platforms; gives its index. */
  static writeMultiPlatform(folder: string): Content {
    const images = ['amd64', 'arm64'].map((architecture) => ({ ...platformImage(architecture), architecture }));
    const root = index(
      images.map(({ manifest, architecture }) => ({ ...manifest.descriptor, platform: { os: 'linux', architecture } })),
    );
    ImageLayout.write(
      folder,
      root,
      images.flatMap(({ manifest, blobs }) => [manifest, ...blobs]),
    );
    return root;
  }

  /** What the entries of its `index.json` point to. */
  static roots(folder: string): Descriptor[] {
    const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
    return index.manifests;
  }

  static readBlob(folder: string, digest: string): Buffer {
    return readFileSync(blobFile(folder, digest));
  }
}

function blobFile(folder: string, digest: string): string {
  return join(folder, 'blobs', ...digest.split(':'));
}

/** What a client that looks into images accepts: a compressed archive, and a config that tells the truth about it. */
function platformImage(architecture: string): Image {
  const tar = archive('hello.txt', randomBytes(100));
  const layer = content(`${mediaTypes.layer}+gzip`, gzipSync(tar));
  const config = jsonContent(mediaTypes.config, {
    os: 'linux',
    architecture,
    config: {},
    rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
    history: [{ created_by: 'end-to-end test' }],
  });
  const manifest = jsonContent(mediaTypes.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: config.descriptor,
    layers: [layer.descriptor],
  });
  return { blobs: [layer, config], manifest };
}

/** An archive of one file, in the ustar format of POSIX.1-1988. */
function archive(name: string, bytes: Buffer): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, offset: number, length: number): number =>
    header.write(value.toString(8).padStart(length - 1, '0'), offset);
  header.write(name, 0);
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes.length, 124, 12);
  octal(0, 136, 12);
  header.write(' '.repeat(8), 148); // the checksum counts its own field as blanks
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return Buffer.concat([header, bytes, Buffer.alloc(512 - (bytes.length % 512) + 1024)]);
}
