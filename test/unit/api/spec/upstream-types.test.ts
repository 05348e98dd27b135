import { expect } from 'chai';
import fc from 'fast-check';
import type { Upstream, UpstreamType } from '../../../../src/api/registry-mirror.js';
import { projectName, upstreamHosts, upstreamTypes, upstreamUrl } from '../../../../src/api/spec/upstream-types.js';

type Given = Partial<Omit<Upstream, 'type'>> & { readonly type: UpstreamType };

function spec(upstream: Given): { readonly upstream: Upstream } {
  return { upstream: { insecureSkipTLSVerify: false, ...upstream } };
}

describe("The upstream's url and hosts", () => {
  const cases: readonly {
    readonly is: string;
    readonly of: Given;
    readonly url: string;
    readonly hosts: readonly string[];
  }[] = [
    { is: "Docker Hub's own", of: { type: 'docker-hub' }, url: 'https://hub.docker.com', hosts: ['docker.io'] },
    {
      is: "Docker Hub's own with its url written out",
      of: { type: 'docker-hub', url: 'https://hub.docker.com' },
      url: 'https://hub.docker.com',
      hosts: ['docker.io'],
    },
    { is: "Quay's own", of: { type: 'quay' }, url: 'https://quay.io', hosts: ['quay.io'] },
    { is: "GitHub's own", of: { type: 'github-ghcr' }, url: 'https://ghcr.io', hosts: ['ghcr.io'] },
    { is: "GitLab's own", of: { type: 'gitlab' }, url: 'https://registry.gitlab.com', hosts: ['registry.gitlab.com'] },
    { is: "Google's own", of: { type: 'google-gcr' }, url: 'https://gcr.io', hosts: ['gcr.io'] },
    {
      is: "the url's host for a type with a url of its own that stands elsewhere",
      of: { type: 'quay', url: 'https://quay.example.org' },
      url: 'https://quay.example.org',
      hosts: ['quay.example.org'],
    },
    {
      is: "the url's host and port",
      of: { type: 'docker-registry', url: 'http://127.0.0.1:5000' },
      url: 'http://127.0.0.1:5000',
      hosts: ['127.0.0.1:5000'],
    },
    {
      is: "the url's host without https's own port",
      of: { type: 'docker-registry', url: 'https://registry.example.org:443' },
      url: 'https://registry.example.org:443',
      hosts: ['registry.example.org'],
    },
    {
      is: "the url's host with https's own port where only that makes it a host in an image name",
      of: { type: 'docker-registry', url: 'https://registry:443' },
      url: 'https://registry:443',
      hosts: ['registry:443'],
    },
    {
      is: "the url's host with port 443 on http",
      of: { type: 'docker-registry', url: 'http://registry.example.org:443' },
      url: 'http://registry.example.org:443',
      hosts: ['registry.example.org:443'],
    },
    {
      is: "the url's host in lower case",
      of: { type: 'harbor', url: 'https://Harbor.Example.ORG' },
      url: 'https://Harbor.Example.ORG',
      hosts: ['harbor.example.org'],
    },
    {
      is: 'the hosts that are written, in their order and case, once each',
      of: { type: 'quay', hosts: ['Quay.IO', 'quay.io', 'Quay.IO'] },
      url: 'https://quay.io',
      hosts: ['Quay.IO', 'quay.io'],
    },
    {
      is: 'docker.io for index.docker.io',
      of: { type: 'docker-registry', url: 'https://mirror.example.org', hosts: ['index.docker.io', 'docker.io'] },
      url: 'https://mirror.example.org',
      hosts: ['docker.io'],
    },
  ];
  for (const { is, of, url, hosts } of cases) {
    it(`is ${is}`, () => {
      expect(upstreamUrl(spec(of))).to.equal(url);
      expect(upstreamHosts(spec(of))).to.deep.equal(hosts);
    });
  }

  it('has no default for a type that has no registry of its own', () => {
    expect(() => upstreamUrl(spec({ type: 'docker-registry' }))).to.throw('Upstream type docker-registry needs a url.');
  });

  it('is never empty, doubled or index.docker.io, whatever hosts are written', () => {
    const host = fc.constantFrom('docker.io', 'index.docker.io', 'quay.io', 'a.example.org:5000');
    fc.assert(
      fc.property(fc.array(host), (hosts) => {
        const result = upstreamHosts(spec({ type: 'quay', hosts }));
        expect(result).to.not.be.empty;
        expect(new Set(result).size).to.equal(result.length);
        expect(result).to.not.include('index.docker.io');
      }),
    );
  });
});

describe('An upstream type', () => {
  it('that Harbor can proxy has no stand-in; every other is served by docker-registry', () => {
    const proxied = [
      'docker-hub',
      'docker-registry',
      'harbor',
      'aws-ecr',
      'azure-acr',
      'google-gcr',
      'github-ghcr',
      'jfrog-artifactory',
      'ali-acr',
    ];
    for (const [type, facts] of Object.entries(upstreamTypes)) {
      expect(facts.fallbackHarborType, type).to.equal(proxied.includes(type) ? undefined : 'docker-registry');
    }
  });

  it("is called in Harbor what it is called in the mirror's spec", () => {
    for (const [type, facts] of Object.entries(upstreamTypes)) expect(facts.harborType).to.equal(type);
  });
});

describe("The mirror's project", () => {
  it("has the mirror's name unless it has one of its own", () => {
    expect(projectName({ metadata: { name: 'quay' }, spec: { project: {} } })).to.equal('quay');
    expect(projectName({ metadata: { name: 'quay' }, spec: { project: { name: 'q' } } })).to.equal('q');
  });
});
