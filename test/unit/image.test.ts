import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';

const ROOT = new URL('../../', import.meta.url);

interface Limited {
  readonly resources: { readonly limits: { readonly memory: string } };
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

function limitMiB({ resources }: Limited): number {
  const [, number] = /^(\d+)Mi$/.exec(resources.limits.memory) ?? [];
  return Number(number);
}

describe('the image', () => {
  const [, options = ''] = /^ENV NODE_OPTIONS="(.*)"$/m.exec(read('Dockerfile')) ?? [];
  const values = parse(read('charts/registry-mirror-operator/values.yaml')) as Limited;
  const deployment = parse(read('config/manager/deployment.yaml')) as {
    readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Limited[] } } };
  };

  it('has Node keep its heap within three quarters of the limit that the chart and config/ set', () => {
    const [, oldSpace] = /--max-old-space-size=(\d+)/.exec(options) ?? [];
    for (const limited of [values, ...deployment.spec.template.spec.containers]) {
      expect(Number(oldSpace)).to.equal((limitMiB(limited) * 3) / 4);
    }
  });

  it('starts no Node that is given more room, or reads source maps into its memory', () => {
    const [, entrypoint] = /^ENTRYPOINT (.*)$/m.exec(read('Dockerfile')) ?? [];
    expect(JSON.parse(entrypoint ?? '')).to.deep.equal([
      'node',
      '--optimize-for-size',
      '--disable-sigusr1',
      '/app/main.js',
    ]);
    expect(options).to.match(/--max-semi-space-size=2( |$)/);
    expect(options).not.to.include('source-maps');
  });
});
