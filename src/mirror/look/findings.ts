import type { Endpoint, Project } from '../../harbor/types.js';

/** What was seen of Harbor for one mirror. What is undefined was not looked at this time, and the status keeps what it said. */
export interface HarborFindings {
  readonly url: string;
  readonly clusterId: string;
  readonly pullPrefix?: string;
  readonly reachable: boolean | undefined;
  readonly unreachableMessage?: string;
  /** It answers, and not to the operator's login. */
  readonly isLoginRefused?: boolean;
  /** What the robot account was seen not to be allowed, in the words of Harbor's form. */
  readonly missingPermissions?: readonly string[];
  /** null: looked for, and not there. */
  readonly endpoint?: Endpoint | null;
  readonly project?: Project | null;
  readonly hold?: 'created' | 'adopted' | 'used';
  /** Why the endpoint could not be written, where the upstream or its credentials are at fault. */
  readonly upstreamProblem?: string;
  /** Harbor has been unable to pull from the upstream for a while, and Pods are not to be sent to it meanwhile. */
  readonly isUpstreamOut?: boolean;
  /** Fields of the spec that are not in force in this Harbor, in a person's words. */
  readonly unsupported: readonly string[];
  /** Why pulls of some of what the mirror sends Pods for end in 404: somebody's filter on the project. */
  readonly filterWarning?: string;
}
