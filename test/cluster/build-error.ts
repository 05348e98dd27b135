export type BuildErrorKind =
  | 'AssetsMissing'
  | 'ChecksumMissing'
  | 'ChecksumWrong'
  | 'ArchiveUnreadable'
  | 'ProgramUnknown'
  | 'GoMissing'
  | 'GoTooOld'
  | 'DownloadFailed'
  | 'BuildFailed';

/** The local cluster's programs could not be had. The message says what was tried, what was printed and what to do about it. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
  readonly kind: BuildErrorKind;

  constructor(kind: BuildErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
