// Bundles the operator and the command line tool into dist/ (or the folder given), which then needs no node_modules.
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { build } from 'esbuild';

const out = process.argv[2] ?? 'dist';
const { version } = JSON.parse(await readFile('package.json', 'utf8'));

await rm(out, { recursive: true, force: true });
await mkdir(`${out}/cli`, { recursive: true });

await build({
  entryPoints: { main: 'src/main.ts', 'cli/main': 'src/cli/main.ts' },
  outdir: out,
  bundle: true,
  // Code that both use stands once.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  format: 'esm',
  target: 'node24',
  sourcemap: true,
  sourcesContent: false,
  // 21 MB without, 9 with; names stay readable in stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  keepNames: true,
  // node-fetch, deep in the dependencies, takes Node's URL and asks for this only in case; it would warn of punycode at each start.
  alias: { 'whatwg-url': 'node:url' },
  legalComments: 'linked',
  logLevel: 'warning',
  define: { 'process.env.REGISTRY_MIRROR_VERSION': JSON.stringify(version) },
  banner: {
    // The CommonJS libraries in the bundle ask for Node's own modules by require.
    js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
  },
});

await cp('crds', `${out}/crds`, { recursive: true });
// Node takes dist/ for ES modules wherever it is copied to.
await writeFile(
  `${out}/package.json`,
  `${JSON.stringify({ name: 'registry-mirror-operator', version, type: 'module' })}\n`,
);
await chmod(`${out}/cli/main.js`, 0o755);
