import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Content, Descriptor, image, index } from '../content';

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
    const images = ['amd64', 'arm64'].map((architecture) => ({ ...image(), architecture }));
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
