/** RE2 pattern of a name whose first part looks like a registry's host; all others are Docker Hub's. */
export const HAS_HOST_PATTERN = '^(localhost|[^/]*[.:A-Z][^/]*)/';
