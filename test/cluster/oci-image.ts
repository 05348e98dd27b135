import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly content: Buffer;
}

/** An image as a registry holds it. */
export interface OciImage {
  readonly manifest: Blob;
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

function sha256(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

function blob(mediaType: string, content: Buffer): Blob {
  return { mediaType, digest: sha256(content), content };
}

/** A tar archive (ustar) with one file. */
function tar(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  const put = (text: string, offset: number): number => header.write(text, offset, 'latin1');
  const octal = (value: number, length: number): string => value.toString(8).padStart(length - 1, '0');
  put(name, 0);
  put(octal(0o644, 8), 100);
  put(octal(0, 8), 108);
  put(octal(0, 8), 116);
  put(octal(content.length, 12), 124);
  put(octal(0, 12), 136);
  put(' '.repeat(8), 148);
  put('0', 156);
  put('ustar\u000000', 257);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  put(`${octal(checksum, 7)}\u0000 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}

/** Makes a valid image with one layer per entry of `layers`, each holding one file with that text. The same input makes the same image. */
export function makeImage(layers: readonly string[] = ['hello\n']): OciImage {
  const archives = layers.map((text, index) => tar(`file-${index}.txt`, Buffer.from(text)));
  const layerBlobs = archives.map((archive) => blob('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(archive)));
  const config = blob(
    'application/vnd.oci.image.config.v1+json',
    Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        config: { Cmd: ['/file-0.txt'] },
        rootfs: { type: 'layers', diff_ids: archives.map(sha256) },
      }),
    ),
  );
  const descriptor = ({ mediaType, digest, content }: Blob): object => ({ mediaType, digest, size: content.length });
  const manifest = blob(
    'application/vnd.oci.image.manifest.v1+json',
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: descriptor(config),
        layers: layerBlobs.map(descriptor),
      }),
    ),
  );
  return { manifest, config, layers: layerBlobs };
}
