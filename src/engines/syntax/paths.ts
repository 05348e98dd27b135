/** RE2 pattern of the JSON pointers in a Pod at which an image's name stands. A policy changes nothing else of what runs. */
export const IMAGE_PATH_PATTERN =
  '^/spec/((containers|initContainers|ephemeralContainers)/[0-9]+/image|volumes/[0-9]+/image/reference)$';
