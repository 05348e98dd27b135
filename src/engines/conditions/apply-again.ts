import { ANNOTATIONS } from '../../api/group.js';
import { celString, celStrings } from '../syntax/escape.js';

/**
 * Field managers of tools that apply a manifest by a patch which they make themselves: to the API server that is a patch like
 * any other. Server-side apply is recognised whoever does it.
 */
export const CLIENT_SIDE_APPLY = ['kubectl-client-side-apply', 'argocd-controller', 'helm', 'helm-controller'];

const KEY = celString(ANNOTATIONS.originalImages);

/**
 * Server-side apply shows in no option: to admission it is an update. But its manager's share of the spec is an `Apply`, and who
 * changes an image in another way gets a share that is an `Update`.
 */
const SERVER_SIDE_APPLY =
  'has(object.metadata.managedFields) && object.metadata.managedFields.filter(f, has(f.manager) && f.manager == request.options.fieldManager' +
  ' && !has(f.subresource) && has(f.fieldsV1) && "f:spec" in f.fieldsV1).map(f, f.operation) == ["Apply"]';

/**
 * CEL condition that a manifest is applied to a Pod that was rewritten. Kyverno evaluates a ClusterPolicy's conditions again,
 * without the options, for what the API server has let through by them.
 */
export const IS_APPLIED_AGAIN =
  `has(oldObject.metadata.annotations) && ${KEY} in oldObject.metadata.annotations && (!has(request.options) || request.options == null` +
  ` || has(request.options.fieldManager) && (request.options.fieldManager in ${celStrings(CLIENT_SIDE_APPLY)} || ${SERVER_SIDE_APPLY}))`;

/**
 * CEL condition that the Pod's annotation records the image `i` for any entry: that it is the entry's own shows when its rewrite is
 * what the entry has. A valid name needs no escaping.
 */
export const IS_RECORDED = `oldObject.metadata.annotations[${KEY}].contains(${celString('":"')} + i + ${celString('"')})`;
