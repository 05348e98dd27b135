// The licences of the packages that a bundle is made of: each is passed on with its text, as they ask for.
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';

/** What a bundle may contain. Another licence is for a person to read first. */
const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Unlicense',
];

/**
 * @param {readonly string[]} inputs the files of esbuild's metafile.
 * @returns {Promise<string>} a text with each package, its licence, and the licence's text where the package has it.
 */
export async function licensesOf(inputs) {
  const folders = inputs.flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? []);
  const packages = await Promise.all([...new Set(folders)].sort().map(describe));
  const refused = packages.filter(({ license }) => !ALLOWED.includes(license));
  if (refused.length > 0) {
    const names = refused.map(({ name, license }) => `${name} (${license})`).join(', ');
    throw new Error(`These packages have licences that nobody has looked at, see licenses.mjs: ${names}.`);
  }
  const header = `This program contains ${packages.length} packages of others, under the licences that follow.`;
  const sections = packages.map(
    ({ name, version, license, text }) => `${'-'.repeat(80)}\n${name} ${version}: ${license}\n\n${text.trim()}\n`,
  );
  return `${header}\n\n${sections.join('\n')}`;
}

/** @returns {Promise<string>} the licence of the Node that runs this, with those of all that is in it: Node's archives and packages have it beside `bin`. */
export async function licenseOfNode() {
  const path = join(dirname(process.execPath), '..', 'LICENSE');
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code !== 'ENOENT') throw error;
    return `Node has no licence at ${path}. It is at https://github.com/nodejs/node/blob/${process.version}/LICENSE.`;
  });
  return `This program contains Node.js ${process.version}, under the licences that follow.\n\n${text.trim()}\n`;
}

/** @param {string} folder */
async function describe(folder) {
  const { name, version, license, author } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const holder = typeof author === 'string' ? author : author?.name;
  const text =
    texts.length > 0 ? texts.join('\n') : `The package has no text of its licence. Author: ${holder ?? 'not named'}.`;
  return { name, version, license, text };
}
