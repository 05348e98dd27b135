/** The reference grammar, as short as RE2 lets it be said: these stand in policies that people read. */
const COMPONENT = '[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*';
const TAG = '\\w[\\w.-]{0,127}';
const DIGEST = 'sha(256:[a-f0-9]{64}|384:[a-f0-9]{96}|512:[a-f0-9]{128})';

/** An image name with its host in front. The host needs no look: it is compared with hosts that are known to be valid. */
export const FULL_NAME_PATTERN = `^[^/]+(/${COMPONENT})+(:${TAG})?(@${DIGEST})?$`;

/** Host and path of such a name. */
export const REPOSITORY_PATTERN = '^[^/]+/[^:@]+';

/** A name of Docker Hub without `library/`, its host written out. */
export const HUB_BARE_PATTERN = '^(index[.])?docker[.]io/[^/]*$';

/** What is no image to pull: an image's id, and Istio's placeholder, which its own webhook replaces. */
export const NO_IMAGE_PATTERN = '^(auto|(sha256:)?[a-f0-9]{64})$';
