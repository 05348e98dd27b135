import type { HarborApi } from '../api.js';
import type { Call, HarborRequest } from '../http/call.js';
import { isOwnRealm, realmOf } from '../wire/challenge.js';
import { readAs, unexpected } from '../wire/read.js';
import { token } from '../wire/system.js';

/** What container runtimes take: an image, or the list of its platforms. */
const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(',');

/** The pull path, `/v2`, as nodes go it. */
export function pullCalls(request: HarborRequest, harborUrl: string): Pick<HarborApi, 'askAsNode'> {
  return {
    /**
     * The realm, which Harbor names, is looked at and never asked: the token comes from Harbor's own url, over the connection that the operator
     * trusts. So no Harbor has credentials, or a request at all, sent to where it likes.
     *
     * HEAD, since Docker Hub doesn't count that as a pull.
     */
    async askAsNode({ project, path, reference, pullHost, login }, { signal } = {}) {
      const pull = { atRoot: true, lane: 'pull', signal } as const;
      const hello: Call = { ...pull, method: 'GET', route: '/v2/', anonymous: true, isAnsweredByChallenge: true };
      const { status, challenge = '' } = await request(hello);
      const realm = realmOf(challenge);
      if (realm === undefined) throw unexpected(hello, 'sends nobody for a token: this is no Harbor', status);
      if (!isOwnRealm(realm, harborUrl, pullHost)) {
        return { kind: 'tokensElsewhere', realm: `${realm.origin}${realm.pathname}` };
      }
      const query = { service: 'harbor-registry', scope: `repository:${project}/${path}:pull` };
      const who = login === undefined ? { anonymous: true } : { as: login };
      const answer = await readAs(request, { ...pull, ...who, method: 'GET', route: '/service/token', query }, token);
      await request({
        ...pull,
        method: 'HEAD',
        route: '/v2/{project}/{path}/manifests/{reference}',
        params: { project, path, reference },
        accept: MANIFESTS,
        as: { token: answer.token === '' ? answer.access_token : answer.token },
      });
      return { kind: 'served' };
    },
  };
}
