// Makes the chart in a folder the chart of a release, which names its image and where it comes from:
// `tsx scripts/release-chart.ts FOLDER --repository OWNER/REPOSITORY --image NAME --digest sha256:… --charts NAME`.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseDocument, stringify } from 'yaml';
import type { Document } from 'yaml';
import { valuesSchema, valuesYaml, withValuesTable } from './chart/files.js';
import type { ChartValues } from './chart/value.js';
import { VALUES } from './chart/values.js';

/** What a release knows, and the repository doesn't. */
interface Release {
  /** `owner/repository`, as GitHub spells it. */
  readonly repository: string;
  /** The operator's image, without tag and digest. */
  readonly image: string;
  readonly digest: string;
  /** Where charts are pushed to. */
  readonly charts: string;
}

/** What each must look like: an image's name has no capitals. */
const FORMS: Readonly<Record<keyof Release, RegExp>> = {
  repository: /^[\w.-]+\/[\w.-]+$/,
  image: /^[a-z0-9][a-z0-9._:/-]*$/,
  digest: /^sha256:[0-9a-f]{64}$/,
  charts: /^[a-z0-9][a-z0-9._:/-]*$/,
};

function homeOf({ repository }: Release): string {
  return `https://github.com/${repository}`;
}

function valuesOf({ image }: Release): ChartValues {
  const repository = VALUES['image.repository'];
  if (repository === undefined) throw new Error('The chart has no value image.repository any more.');
  return { ...VALUES, 'image.repository': { ...repository, default: image } };
}

/** Chart.yaml, with what Artifact Hub shows of a chart, and the image that templates/_helpers.tpl takes. */
function describe(chart: Document, release: Release): string {
  const { image, digest } = release;
  const pinned = `${image}@${digest}`;
  chart.set('home', homeOf(release));
  chart.set('sources', [homeOf(release)]);
  chart.setIn(['annotations', 'registrymirror.io/image'], pinned);
  chart.setIn(['annotations', 'artifacthub.io/images'], stringify([{ name: 'operator', image: pinned }]));
  return chart.toString({ lineWidth: 0 });
}

/** The chart's page as it reads without the repository around it: commands take the pushed chart, and links lead to the repository at the release's tag. */
function withoutRepository(page: string, version: string, release: Release): string {
  const home = homeOf(release);
  return page
    .replace(', from a copy of this repository', '')
    .replaceAll(
      /(?<=helm install registry-mirror-operator )charts\/registry-mirror-operator/g,
      `oci://${release.charts}/registry-mirror-operator --version ${version}`,
    )
    .replaceAll(/--set image\.repository=\S+ /g, '')
    .replaceAll(/(?<=kubectl apply -f )config\//g, `${home}/raw/v${version}/config/`)
    .replaceAll(/(?<=\]\()(?:\.\.\/)+/g, `${home}/blob/v${version}/`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repository: { type: 'string', default: '' },
    image: { type: 'string', default: '' },
    digest: { type: 'string', default: '' },
    charts: { type: 'string', default: '' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error("Give the chart's folder.");
for (const [name, form] of Object.entries(FORMS) as [keyof Release, RegExp][])
  if (!form.test(values[name])) throw new Error(`--${name} is not ${String(form)}: ${values[name]}`);

const path = (name: string): string => join(folder, name);
const chart = parseDocument(await readFile(path('Chart.yaml'), 'utf8'));
const page = await readFile(path('README.md'), 'utf8');
const files = {
  'Chart.yaml': describe(chart, values),
  'values.yaml': valuesYaml(valuesOf(values)),
  'values.schema.json': await valuesSchema(valuesOf(values)),
  'README.md': withoutRepository(await withValuesTable(page, valuesOf(values)), String(chart.get('version')), values),
};
for (const [name, text] of Object.entries(files)) await writeFile(path(name), text);
