import { format } from 'prettier';
import { OPTIONS } from '../src/config/options.js';
import type { SettingOption } from '../src/config/options.js';

const BEGIN = '<!-- Generated from src/config/options.ts by `npm run generate`. -->';
const END = '<!-- End of what is generated. -->';

/** A page with the table of all settings in it, between two comments, as it should be. */
export async function withSettingsTable(page: string): Promise<string> {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`The page has no place for the settings: ${BEGIN} … ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${await table()}\n${page.slice(end)}`;
}

async function table(): Promise<string> {
  const rows = Object.values<SettingOption>(OPTIONS).map(({ env, flag, fallback, fallbackInWords, description }) =>
    row(code(env), code(flag), fallbackInWords ?? code(fallback), description),
  );
  const lines = [row('Variable', 'Flag', 'Default', 'Meaning'), row('-', '-', '-', '-'), ...rows];
  return await format(lines.join('\n'), { parser: 'markdown' });
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``;
}
