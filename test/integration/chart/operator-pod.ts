import type { Manifest } from '../../support/chart.js';

/** What the kubelet knows of the operator's container once it has the chart's objects. */
export interface OperatorPod {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
}

interface Container {
  readonly args?: readonly string[];
  readonly envFrom: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly env: readonly Variable[];
}

interface Deployment extends Manifest {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly serviceAccountName: string; readonly containers: readonly [Container] };
    };
  };
}

/** Reads them as the kubelet does: the whole ConfigMaps first, and over them the variables that the container has itself. */
export function operatorPodOf(objects: readonly Manifest[]): OperatorPod {
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as Deployment | undefined;
  if (deployment === undefined) throw new Error('There is no Deployment.');
  const { name, namespace = '' } = deployment.metadata;
  const { serviceAccountName, containers } = deployment.spec.template.spec;
  const [{ args = [], env, envFrom }] = containers;
  const fields: Readonly<Record<string, string>> = { 'metadata.namespace': namespace, 'metadata.name': `${name}-0` };
  const settings = envFrom.flatMap(({ configMapRef }) =>
    Object.entries(configMap(objects, namespace, configMapRef.name)),
  );
  const variables = env.map((variable) => [variable.name, valueOf(variable, fields)] as const);
  return {
    namespace,
    serviceAccount: serviceAccountName,
    args,
    env: Object.fromEntries([...settings, ...variables]),
  };
}

function configMap(objects: readonly Manifest[], namespace: string, name: string): Readonly<Record<string, string>> {
  const found = objects.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name && metadata.namespace === namespace,
  );
  if (found === undefined) throw new Error(`The Pod would wait for the ConfigMap ${namespace}/${name}.`);
  return found.data as Readonly<Record<string, string>>;
}

function valueOf({ name, value, valueFrom }: Variable, fields: Readonly<Record<string, string>>): string {
  const given = value ?? fields[valueFrom?.fieldRef?.fieldPath ?? ''];
  if (given === undefined) throw new Error(`The variable ${name} comes from where this doesn't look.`);
  return given;
}
