import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../../src/config/config.js';
import type { Config } from '../../../src/config/config.js';
import { OPTIONS } from '../../../src/config/options.js';
import type { Setting, SettingOption } from '../../../src/config/options.js';
import { buildBinaries } from '../../cluster/build.js';
import { renderChart } from '../../support/chart.js';
import type { HelmOptions, Values } from '../../support/chart.js';
import { EVERY_SETTING, UNUSUAL } from './every-setting.js';
import { operatorPodOf } from './operator-pod.js';

/** The first start may have to build everything. */
const buildTimeoutMs = 40 * 60_000;
const namespace = 'mirrors';
const FILES = '/etc/registry-mirror-operator';

describe('What the operator makes of what the chart gives it', () => {
  let options: HelmOptions;

  before(async function () {
    this.timeout(buildTimeoutMs);
    const { helm } = await buildBinaries();
    options = { program: helm, folder: mkdtempSync(join(tmpdir(), 'registry-mirror-chart-')), namespace };
  });
  after(() => {
    rmSync(options.folder, { recursive: true, force: true });
  });

  const load = async (values: Values): Promise<Config> => {
    const { args, env } = operatorPodOf(await renderChart(options, values));
    const readFile = (path: string): string => {
      throw new Error(`It reads ${path}.`);
    };
    const loaded = loadConfig({ argv: args, env, readFile });
    if (loaded.kind === 'exit') throw new Error(loaded.text);
    return loaded.config;
  };

  it('is each setting that stands among the values, and what the chart gives itself', async () => {
    const config = await load({
      ...EVERY_SETTING,
      harbor: { ...EVERY_SETTING.harbor, credentials: { existingSecret: 'login' }, ca: { existingSecret: 'ca' } },
      engines: { clusterPolicy: false },
      metrics: { token: { existingSecret: 'token' }, tls: { existingSecret: 'certificate' } },
      extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy.example.org:3128' }],
    });
    const given = [...UNUSUAL].map(([setting, value]) => [setting, meaning(setting, value)]);
    expect(config).to.deep.equal({
      ...Object.fromEntries(given),
      // Beside those that were given.
      excludedNamespaces: ['kube-*', 'a', namespace],
      harborLogin: { kind: 'secret', name: 'login' },
      harborCaSecret: 'ca',
      autoEngines: ['MutatingPolicy', 'MutatingAdmissionPolicy'],
      namespace,
      leaderElect: true,
      probeAddress: { host: undefined, port: 8081 },
      metricsAddress: { host: undefined, port: 8080 },
      metricsTokenFile: `${FILES}/metrics/token`,
      metricsTls: { certFile: `${FILES}/metrics-tls/tls.crt`, keyFile: `${FILES}/metrics-tls/tls.key` },
      proxy: { HTTP_PROXY: undefined, HTTPS_PROXY: 'http://proxy.example.org:3128', NO_PROXY: undefined },
    });
  });

  it('is something else than without them, for each setting', async () => {
    const [usual, given] = [await load({}), await load(EVERY_SETTING)];
    for (const setting of UNUSUAL.keys() as Iterable<keyof Config>)
      expect(given[setting], setting).to.not.deep.equal(usual[setting]);
  });

  it('is a flag among the extra arguments where a value says something else', async () => {
    const { workers } = await load({ settings: { workers: 3 }, extraArgs: ['--workers=4'] });
    expect(workers).to.equal(4);
  });
});

/** What becomes of a value that is given to the operator. */
function meaning(setting: Setting, value: unknown): unknown {
  const { schema }: SettingOption = OPTIONS[setting];
  return schema.parse(String(value));
}
