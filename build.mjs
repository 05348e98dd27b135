// Bundles the operator and the command line tool into dist/ (or the folder given), which then needs no node_modules.
// `node build.mjs --cli FILE` bundles the command line tool alone, into one file; `--binary FILE` makes a program of it that needs no Node.
// Both write LICENSES.txt beside it.
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';
import { licenseOfNode, licensesOf } from './licenses.mjs';

/**
 * What stands in for modules that cost memory for as long as the operator runs and that it never uses. Of client-node it uses the reading of
 * kubeconfigs. Its base class asks for the rest by name, and all that would use it is replaced (docs/adr/0001); undici is for calls of client-node's own.
 */
const STANDS_IN = {
  '@kubernetes/client-node': `
    export { KubeConfig } from '@kubernetes/client-node/dist/config.js';
    export class CoreV1Api {}
    export class ApiextensionsV1Api {}
    export class Watch {}
    export const loadYaml = undefined;`,
  './gen/index.js': `
    export { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js';
    export { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js';`,
  undici: `
    export class Agent {}
    export class ProxyAgent {}
    export const fetch = undefined;`,
};

const leanClient = {
  name: 'lean-client',
  setup(build) {
    build.onResolve(
      { filter: /^(@kubernetes\/client-node|undici|\.\/gen\/index\.js)$/ },
      ({ path, importer, resolveDir }) => {
        const isOfClient = importer.includes('/@kubernetes/client-node/');
        if (path !== '@kubernetes/client-node' && !isOfClient) return undefined;
        return { path, namespace: 'lean-client', pluginData: resolveDir };
      },
    );
    build.onLoad({ filter: /.*/, namespace: 'lean-client' }, ({ path, pluginData }) => ({
      contents: STANDS_IN[path],
      resolveDir: pluginData,
    }));
  },
};

const { version } = JSON.parse(await readFile('package.json', 'utf8'));

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  sourcesContent: false,
  // Names stay readable in stack traces: identifiers are left as they are. To keep them exactly (keepNames) costs a call for each closure that is made.
  minifyWhitespace: true,
  minifySyntax: true,
  // node-fetch, deep in the dependencies, takes Node's URL and asks for this only in case; it would warn of punycode at each start.
  alias: { 'whatwg-url': 'node:url' },
  // A development dependency, which the library debug takes if it happens to be there.
  external: ['supports-color'],
  plugins: [leanClient],
  legalComments: 'linked',
  logLevel: 'warning',
  metafile: true,
  banner: {
    // The CommonJS libraries in the bundle ask for Node's own modules by require.
    js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
  },
};
const define = { 'process.env.REGISTRY_MIRROR_VERSION': JSON.stringify(version) };

/** @param {string} out a folder */
async function buildAll(out) {
  await rm(out, { recursive: true, force: true });
  await mkdir(`${out}/cli`, { recursive: true });
  const { metafile } = await build({
    ...common,
    entryPoints: { main: 'src/main.ts', 'cli/main': 'src/cli/main.ts' },
    outdir: out,
    // Code that both use stands once.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
    define,
  });
  await cp('crds', `${out}/crds`, { recursive: true });
  await writeFile(`${out}/LICENSES.txt`, await licensesOf(Object.keys(metafile.inputs)));
  // Node takes dist/ for ES modules wherever it is copied to.
  await writeFile(
    `${out}/package.json`,
    `${JSON.stringify({ name: 'registry-mirror-operator', version, type: 'module' })}\n`,
  );
  await chmod(`${out}/cli/main.js`, 0o755);
}

/**
 * The licences of what is in a program, for whoever passes it on.
 *
 * @param {string} file the program; they are written beside it.
 * @param {import('esbuild').Metafile} metafile
 * @param {readonly string[]} more texts beside those of the bundled packages
 */
async function writeLicenses(file, metafile, ...more) {
  const texts = [...more, await licensesOf(Object.keys(metafile.inputs))];
  await writeFile(join(dirname(file), 'LICENSES.txt'), texts.join('\n'));
}

/** @param {string} file */
async function buildCli(file) {
  const crd = await readFile('crds/registrymirror.io_registrymirrors.yaml', 'utf8');
  const { metafile } = await build({
    ...common,
    entryPoints: ['src/cli/main.ts'],
    outfile: file,
    legalComments: 'inline',
    define: { ...define, 'process.env.REGISTRY_MIRROR_CRD': JSON.stringify(crd) },
  });
  await chmod(file, 0o755);
  await writeLicenses(file, metafile);
}

/** @param {string} file */
async function buildBinary(file) {
  const { writeExecutable } = await import('./executable.mjs');
  const crd = await readFile('crds/registrymirror.io_registrymirrors.yaml', 'utf8');
  const contents = `
    import { run } from './src/cli/program.js';
    void run(process.argv.slice(2), { out: console.log, warn: console.error }).then((code) => (process.exitCode = code));`;
  const { metafile, outputFiles } = await build({
    ...common,
    stdin: { contents, resolveDir: '.' },
    // Node takes no ES module here.
    format: 'cjs',
    banner: {},
    write: false,
    legalComments: 'inline',
    define: {
      ...define,
      'process.env.REGISTRY_MIRROR_CRD': JSON.stringify(crd),
      // There is no file beside the program to be found by it.
      'import.meta.url': '"file:///"',
    },
  });
  await writeExecutable(outputFiles[0].text, file);
  await writeLicenses(file, metafile, await licenseOfNode());
}

const [first = 'dist', second] = process.argv.slice(2);
if (first === '--cli') await buildCli(second ?? 'registry-mirror.mjs');
else if (first === '--binary') await buildBinary(second ?? 'registry-mirror');
else await buildAll(first);
