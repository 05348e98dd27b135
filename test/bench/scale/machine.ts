import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import type { Cluster } from '../../cluster/cluster.js';
import { moduleFolder, pinnedVersion } from '../../cluster/programs.js';

/** What figures of time are of. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Of the minute before the run: what else the machine was busy with. */
  readonly load: number;
  readonly node: string;
  readonly kubernetes: string;
  readonly kyverno: string;
}

export async function machineOf(cluster: Cluster): Promise<Machine> {
  const { gitVersion } = await cluster.api.json<{ gitVersion: string }>('GET', '/version');
  const goMod = readFileSync(`${moduleFolder('kyverno')}/go.mod`, 'utf8');
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    node: process.version,
    kubernetes: gitVersion,
    kyverno: pinnedVersion(goMod, 'github.com/kyverno/kyverno'),
  };
}
