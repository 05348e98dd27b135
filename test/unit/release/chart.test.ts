import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { CHARTS, copyChart, DIGEST, IMAGE, releaseChart, REPOSITORY } from '../../support/released-chart.js';
import { ROOT } from '../docs/pages.js';

const HOME = `https://github.com/${REPOSITORY}`;

describe('the chart of a release', function () {
  this.timeout(30_000);
  let folder: string;
  let chart: string;
  const read = (name: string): string => readFileSync(join(chart, name), 'utf8');

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-released-'));
    chart = copyChart(folder);
    const { code, stderr } = await releaseChart(chart);
    expect(code, stderr).to.equal(0);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('has the image that the release pushed as its value, in its schema and in its table', () => {
    const values = parse(read('values.yaml')) as Values;
    expect(values.image).to.include({ repository: IMAGE, tag: '', digest: '' });
    const { properties } = JSON.parse(read('values.schema.json')) as Schema;
    expect(properties.image.properties.repository.default).to.equal(IMAGE);
    expect(read('README.md')).to.match(new RegExp(`^\\| \`image\\.repository\` +\\| \`"${IMAGE}"\``, 'm'));
  });

  it('says where it comes from, and which image it has, beside what it says in the repository', () => {
    const { annotations, ...released } = parse(read('Chart.yaml')) as Chart;
    const inRepository = parse(readFileSync(join(ROOT, 'charts/registry-mirror-operator/Chart.yaml'), 'utf8')) as Chart;
    expect({ ...released, annotations }).to.deep.equal({
      ...inRepository,
      home: HOME,
      sources: [HOME],
      annotations: {
        ...inRepository.annotations,
        'registrymirror.io/image': `${IMAGE}@${DIGEST}`,
        'artifacthub.io/images': annotations['artifacthub.io/images'],
      },
    });
    expect(parse(annotations['artifacthub.io/images'] ?? '')).to.deep.equal([
      { name: 'operator', image: `${IMAGE}@${DIGEST}` },
    ]);
  });

  it('has a page that holds for a reader without the repository', () => {
    const page = read('README.md');
    const { version } = parse(read('Chart.yaml')) as Chart;
    expect(page)
      .to.include(
        `helm install registry-mirror-operator oci://${CHARTS}/registry-mirror-operator --version ${version} `,
      )
      .and.include(`kubectl apply -f ${HOME}/raw/v${version}/config/samples/docker-hub.yaml`);
    expect(page).not.to.match(/image\.repository=|copy of this repository/);
    expect(page).not.to.match(/charts\/registry-mirror-operator(?! --version)/);
    const targets = [...page.matchAll(/\]\(([^)#]*)/g)].map(([, target = '']) => target);
    expect(targets).not.to.be.empty;
    for (const target of targets) {
      expect(target).to.include(`${HOME}/blob/v${version}/`);
      expect(existsSync(join(ROOT, target.replace(`${HOME}/blob/v${version}/`, ''))), target).to.equal(true);
    }
  });

  for (const [flag, value] of [
    ['image', 'registry.example.org/Example/mirrors'],
    ['digest', ''],
  ] as const)
    it(`is not made where ${flag} is ${JSON.stringify(value)}`, async () => {
      const before = read('values.yaml');
      const { code, stderr } = await releaseChart(chart, { [flag]: value });
      expect(code).to.not.equal(0);
      expect(stderr).to.include(`--${flag} is not`);
      expect(read('values.yaml')).to.equal(before);
    });
});

interface Values {
  readonly image: Readonly<Record<string, string>>;
}

interface Schema {
  readonly properties: {
    readonly image: { readonly properties: { readonly repository: { readonly default: string } } };
  };
}

interface Chart {
  readonly version: string;
  readonly annotations: Readonly<Record<string, string>>;
}
