/**
 * The reference grammar as RE2 patterns, one for each part of a name: Kyverno compiles a pattern each time that it is used, and few names have a digest. The host needs
 * none: it is compared with hosts that are known to be valid.
 */
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';

/** What follows the host and its slash, up to tag and digest. */
export const PATH_PATTERN = `^${COMPONENT}(?:/${COMPONENT})*$`;

/** A tag with its colon, or none. Its length is counted, since RE2 takes longer to compile a count of 127 than all other patterns together. */
export const TAG_PATTERN = '^(?::\\w[\\w.-]*)?$';
/** With its colon. */
export const MAX_TAG_LENGTH = 129;

/** A digest with its @. */
export const DIGEST_PATTERN = '^@sha(?:256:[a-f0-9]{64}|384:[a-f0-9]{96}|512:[a-f0-9]{128})$';

/** Splits a name that has its `library/` already: group 1 is the host, empty for the implicit one, group 2 the remainder. */
export const HOST_PATTERN = '^(?:(localhost|[^/]*[.:A-Z][^/]*)/)?(.*)$';

/** A Docker Hub name without a slash, its host written out or not: group 1 is what `library/` goes in front of. */
export const BARE_NAME_PATTERN = '^(?:(?:index[.])?docker[.]io/)?([^/]*)$';

/** An image's id, which is no name; runtimes take one with its algorithm in front for an id, too. */
export const IMAGE_ID_PATTERN = '^(?:sha256:)?[a-f0-9]{64}$';
