import { registry } from './mirror.js';
import type { RefusedCase } from './refused-cases.js';

const path = ['spec.probe.image', 'Write a repository path with a tag or a digest, as in library/busybox:1.37'];
const host = ['spec.probe.image', "leave the registry's host out"];
const interval = ['spec.probe.interval', 'Write a duration from 1m to 24h, as in 15m or 1h30m.'];
const login = ['spec.probe', 'A private project is asked with the mirror', 'set rewrite.pullSecret to Inject'];

function image(refuses: string, text: string, says: readonly string[], saysNot?: string): RefusedCase {
  const spec = { upstream: registry, probe: { image: text } };
  return { refuses, spec, says, ...(saysNot === undefined ? {} : { saysNot }) };
}

/** Probes that the API server must not take. */
export const refusedProbes: readonly RefusedCase[] = [
  {
    refuses: 'a probe without an image',
    spec: { upstream: registry, probe: {} },
    says: ['spec.probe.image', 'Required'],
  },
  image('a probe’s image with a registry host', 'quay.io/a/b:1', host, 'Write a repository path'),
  image('a probe’s image with a registry host and a port', 'registry:5000/a/b', host, 'Write a repository path'),
  image('a probe’s image with localhost', 'localhost/a/b', host, 'Write a repository path'),
  image('a probe’s image that begins with a slash', '/a/b', path),
  image('a probe’s image that ends in one', 'a/b/', path),
  image('a probe’s image with a query', 'a/b?x=y', path),
  image('a probe’s image that leaves its project', 'a/../b', path),
  image('a probe’s image in capitals', 'a/B', path),
  image('a probe’s image with a space', 'a/b :1', path),
  image('a probe’s image with a line break', 'a/b:1\nc', path),
  image('a probe’s image with an empty tag', 'a/b:', path),
  image('a probe’s image with a digest that is too short', 'a/b@sha256:abc', path),
  image('a probe’s image with a tag that is too long', `a/b:${'t'.repeat(129)}`, path),
  image('a probe’s image with too long a path', 'a'.repeat(256), ['spec.probe.image', 'more than 255 characters']),
  image('a probe’s image that is too long', `a:${'t'.repeat(500)}`, ['spec.probe.image', '456']),
  {
    refuses: 'a probe every few seconds',
    spec: { upstream: registry, probe: { image: 'a/b', interval: '30s' } },
    says: interval,
  },
  {
    refuses: 'a probe every other day',
    spec: { upstream: registry, probe: { image: 'a/b', interval: '48h' } },
    says: interval,
  },
  {
    refuses: 'a probe of a private project that the mirror has no pull robot for',
    spec: {
      upstream: registry,
      project: { public: false },
      rewrite: { nodesAuthenticate: true },
      probe: { image: 'a/b' },
    },
    says: login,
  },
  {
    refuses: 'a probe of a private project where no robot is made since no Pod is rewritten',
    spec: {
      upstream: registry,
      project: { public: false },
      rewrite: { engine: 'None', pullSecret: 'Inject' },
      probe: { image: 'a/b' },
    },
    says: login,
  },
];
