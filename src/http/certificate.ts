import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { CertificateFiles } from '../config/values.js';

/** A certificate chain and its private key, in PEM. */
interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads the pair.
 * @throws with a sentence that names the files, where one can't be read or the two don't belong together.
 */
export function readCertificate({ certFile, keyFile }: CertificateFiles): Certificate {
  try {
    const certificate = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    createSecureContext(certificate);
    return certificate;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(`No certificate and key can be read from ${certFile} and ${keyFile}: ${cause}`, { cause: error });
  }
}

interface FollowOptions {
  readonly everyMs: number;
  readonly onChange: (certificate: Certificate) => void;
  /** Once for each new problem: the certificate from before goes on being served. */
  readonly onProblem: (error: Error) => void;
}

/**
 * Looks again and again whether the files have changed: kubelet swaps a Secret's folder for another one, which file system events show only to who
 * watches the right link. Between the swap of the one file and of the other the two don't belong together; the next look finds them whole.
 * @returns what ends it.
 */
export function followCertificate(
  files: CertificateFiles,
  first: Certificate,
  { everyMs, onChange, onProblem }: FollowOptions,
): () => void {
  let served = first;
  let problem = '';
  const timer = setInterval(() => {
    try {
      const read = readCertificate(files);
      problem = '';
      if (read.cert === served.cert && read.key === served.key) return;
      served = read;
      onChange(read);
    } catch (error) {
      if (!(error instanceof Error) || error.message === problem) return;
      problem = error.message;
      onProblem(error);
    }
  }, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
