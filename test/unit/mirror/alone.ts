/** A cluster without other mirrors, for what asks whether they use a project. */
export const ALONE = { cluster: { mirrorsNaming: () => [] }, harbors: { urlFor: () => 'https://harbor.test' } };
