/**
 * The policy that such facilities write by hand, one per mirror: containers only, a regex neither anchored nor escaped, a strategic
 * merge, autogen left on. For comparison.
 */
export function handMadePolicy(index: number, host: string, pullPrefix: string): object {
  return {
    apiVersion: 'kyverno.io/v1',
    kind: 'ClusterPolicy',
    metadata: { name: `replace-image-registry-${index}` },
    spec: {
      background: false,
      failurePolicy: 'Fail',
      rules: [
        {
          name: 'replace-image-registry',
          match: { any: [{ resources: { kinds: ['Pod'], operations: ['CREATE'] } }] },
          preconditions: {
            all: [
              {
                key: "{{ request.object.spec.containers[].image | join(',', @) }}",
                operator: 'Equals',
                value: `*${host}/*`,
              },
            ],
          },
          mutate: {
            foreach: [
              {
                list: 'request.object.spec.containers',
                patchStrategicMerge: {
                  spec: {
                    containers: [
                      {
                        '(name)': '{{ element.name }}',
                        image: `{{ regex_replace_all('^${host}/(.*)$', '{{ element.image }}', '${pullPrefix}/$1') }}`,
                      },
                    ],
                  },
                },
              },
            ],
          },
        },
      ],
    },
  };
}
