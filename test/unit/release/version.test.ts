import { expect } from 'chai';
import { parse } from 'yaml';
import { PAGES, readPage } from '../docs/pages.js';

const { version } = JSON.parse(readPage('package.json')) as { readonly version: string };

/** Each place is one where CONTRIBUTING.md, Release, tells to set it. */
describe('the version in package.json', () => {
  it('is that of the lock file, which the SBOM is made of', () => {
    const { version: locked, packages } = JSON.parse(readPage('package-lock.json')) as Lock;
    expect([locked, packages[''].version]).to.deep.equal([version, version]);
  });

  it('is that of the chart, and of the operator that the chart installs', () => {
    const chart = parse(readPage('charts/registry-mirror-operator/Chart.yaml')) as Chart;
    expect([chart.version, chart.appVersion]).to.deep.equal([version, version]);
  });

  it('is the tag that config/ asks for', () => {
    const { images } = parse(readPage('config/manager/kustomization.yaml')) as Kustomization;
    expect(images.map(({ newTag }) => newTag)).to.deep.equal([version]);
  });

  it('is the tag that the pages build an image with, since the chart and config/ ask for that one', () => {
    const built = PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) =>
      [...readPage(page).matchAll(/registry-mirror-operator:(\d[\w.-]*\w)/g)].map(([, tag]) => `${page}: ${tag ?? ''}`),
    );
    expect(built.filter((place) => !place.endsWith(`: ${version}`))).to.deep.equal([]);
  });

  it('is the one in the Dockerfile’s example', () => {
    expect(/--build-arg VERSION=(\S+)/.exec(readPage('Dockerfile'))?.[1]).to.equal(version);
  });
});

interface Lock {
  readonly version: string;
  readonly packages: { readonly '': { readonly version: string } };
}

interface Chart {
  readonly version: string;
  readonly appVersion: string;
}

interface Kustomization {
  readonly images: readonly { readonly newTag: string }[];
}
