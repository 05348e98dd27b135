/**
 * Field managers of tools that apply a manifest by a patch which they make themselves: to the API server that is a patch like
 * any other. Server-side apply is recognised whoever does it.
 */
export const CLIENT_SIDE_APPLY = ['kubectl-client-side-apply', 'argocd-controller', 'helm', 'helm-controller'];
