/** A cluster without other mirrors, for what asks whether they use a project. */
export const ALONE = {
  cluster: { mirror: () => undefined, mirrorsNaming: () => [] },
  harbors: { urlFor: () => 'https://harbor.test', knownPullHost: () => undefined },
};
