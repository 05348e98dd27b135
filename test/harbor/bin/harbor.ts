import { Command, InvalidArgumentError } from 'commander';
import { harborVersions, startHarbor } from '../index.js';
import type { UpstreamSettings } from '../index.js';

const collect = (value: string, earlier: readonly string[]): readonly string[] => {
  if (/^[^=]+(=.+)?$/.test(value)) return [...earlier, value];
  throw new InvalidArgumentError('Write HOST or HOST=URL.');
};

function portOf(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) < 65_536) return Number(value);
  throw new InvalidArgumentError('Write a number from 0 to 65535; 0 takes any free port.');
}

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly upstream: readonly string[];
  readonly unmappedHealthy: boolean;
  readonly harborVersion?: string;
}

function upstreamsOf(flags: readonly string[]): Record<string, UpstreamSettings> {
  return Object.fromEntries(
    flags.map((flag) => {
      const [host = '', url] = flag.split('=');
      return [host, url === undefined ? {} : { url }];
    }),
  );
}

const program = new Command('harbor')
  .description('A Harbor stand-in for tests and the demo: user admin, password Harbor12345.')
  .option('--port <number>', 'port to listen on', portOf, 8085)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option(
    '--upstream <host[=url]>',
    'a host that endpoints may name, and the registry that answers for it',
    collect,
    [],
  )
  .option('--unmapped-healthy', 'endpoints at hosts that are not mapped pass the health check', false);

program.option('--harbor-version <version>', `${harborVersions.join(', ')}, or a release such as 2.14.1`);
const flags = program.parse().opts<Flags>();
const harbor = await startHarbor({
  port: flags.port,
  host: flags.host,
  upstreams: upstreamsOf(flags.upstream),
  unmappedHealthy: flags.unmappedHealthy,
  endpointCheckMs: 5 * 60_000,
  ...(flags.harborVersion === undefined ? {} : { version: flags.harborVersion }),
}).catch((error: unknown) => {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') throw error;
  return program.error(`Something else listens at ${flags.host}:${flags.port}: choose another port with --port.`);
});
console.log(`Harbor stand-in at ${harbor.url}, user ${harbor.admin.username}, password ${harbor.admin.password}`);
const end = (): void => {
  void harbor.stop();
};
process.once('SIGINT', end);
process.once('SIGTERM', end);
