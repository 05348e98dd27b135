import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { crdTemplate, valuesSchema, valuesYaml, withValuesTable } from './chart/files.js';
import { apiReference } from './api-reference.js';
import { defaultsFromSchema } from './defaults-from-schema.js';
import { typesFromSchema } from './types-from-schema.js';
import { withPatchTexts } from './patch-texts.js';
import { withPolicies } from './policy-page.js';
import { withSettingsTable } from './settings-table.js';
import type { Crd } from './schema.js';

export const CRD_PATH = 'crds/registrymirror.io_registrymirrors.yaml';

const SETTINGS = 'docs/reference/settings.md';
const POLICIES = 'docs/explanation/policies';
const CHART = 'charts/registry-mirror-operator';
const ADMISSION_POLICIES = {
  chart: `${CHART}/templates/admission-policy.yaml`,
  config: 'config/components/admission-policy/policy.yaml',
};

export interface GeneratedFile {
  /** Relative to the project's folder. */
  readonly path: string;
  readonly text: string;
}

/** Everything that is derived from the CRD, from the table of settings or from the engines, below `root` (a folder's path with its trailing slash), as it should be. */
export async function generatedFiles(root: string): Promise<readonly GeneratedFile[]> {
  const source = await readFile(`${root}${CRD_PATH}`, 'utf8');
  const crd = parse(source) as Crd;
  return [
    { path: 'src/api/registry-mirror.generated.ts', text: await typesFromSchema(crd) },
    { path: 'src/api/spec/defaults.generated.ts', text: await defaultsFromSchema(crd) },
    // A copy, since kustomize reads no file outside of its folder.
    { path: 'config/crd/registrymirror.io_registrymirrors.yaml', text: source },
    { path: 'docs/reference/api.md', text: await apiReference(crd) },
    { path: SETTINGS, text: await withSettingsTable(await readFile(`${root}${SETTINGS}`, 'utf8')) },
    {
      path: `${POLICIES}.md`,
      text: await withPolicies(await readFile(`${root}${POLICIES}.md`, 'utf8'), `${root}${POLICIES}.yaml`),
    },
    { path: `${CHART}/templates/crd.yaml`, text: crdTemplate(source) },
    { path: `${CHART}/values.yaml`, text: valuesYaml() },
    { path: `${CHART}/values.schema.json`, text: await valuesSchema() },
    {
      path: ADMISSION_POLICIES.chart,
      text: withPatchTexts(await readFile(`${root}${ADMISSION_POLICIES.chart}`, 'utf8'), true),
    },
    {
      path: ADMISSION_POLICIES.config,
      text: withPatchTexts(await readFile(`${root}${ADMISSION_POLICIES.config}`, 'utf8'), false),
    },
    { path: `${CHART}/README.md`, text: await withValuesTable(await readFile(`${root}${CHART}/README.md`, 'utf8')) },
  ];
}
