import { stringify } from 'yaml';
import type { HarborStandIn } from '../../harbor/index.js';
import { runCommand } from '../../support/command.js';
import { handMadePolicy } from '../admission/hand-made.js';

/** What a person has in mind for one registry. */
export interface Registry {
  readonly name: string;
  readonly host: string;
  readonly pullPrefix: string;
}

/** Reads a name and a host a line. `set -e`, so that a call that fails ends it. */
const CREATE = `set -euo pipefail
while read -r name host; do
  id=$(curl -sSf -o /dev/null -D - -u "$LOGIN" -H 'Content-Type: application/json' "$HARBOR/api/v2.0/registries" \\
    -d "{\\"name\\":\\"$name\\",\\"type\\":\\"docker-registry\\",\\"url\\":\\"https://$host\\"}" |
    tr -d '\\r' | sed -n 's|^[Ll]ocation:.*/||p')
  curl -sSf -o /dev/null -u "$LOGIN" -H 'Content-Type: application/json' "$HARBOR/api/v2.0/projects" \\
    -d "{\\"project_name\\":\\"$name\\",\\"registry_id\\":$id,\\"metadata\\":{\\"public\\":\\"true\\"}}"
done
`;

const REMOVE = `set -euo pipefail
while read -r name host; do
  id=$(curl -sSf -u "$LOGIN" -H 'X-Is-Resource-Name: true' "$HARBOR/api/v2.0/projects/$name" |
    sed 's/.*"registry_id":\\([0-9]*\\).*/\\1/')
  curl -sSf -o /dev/null -X DELETE -u "$LOGIN" -H 'X-Is-Resource-Name: true' "$HARBOR/api/v2.0/projects/$name"
  curl -sSf -o /dev/null -X DELETE -u "$LOGIN" "$HARBOR/api/v2.0/registries/$id"
done
`;

/** An endpoint and a project for each, by one call after the other. */
export async function makeInHarbor(harbor: HarborStandIn, registries: readonly Registry[]): Promise<void> {
  await run(CREATE, harbor, registries);
}

export async function removeFromHarbor(harbor: HarborStandIn, registries: readonly Registry[]): Promise<void> {
  await run(REMOVE, harbor, registries);
}

/** One policy for each, as YAML for kubectl. */
export function policiesOf(registries: readonly Registry[]): string {
  return registries
    .map(({ host, pullPrefix }, index) => stringify(handMadePolicy(index, host, pullPrefix)))
    .join('---\n');
}

async function run(script: string, { url, admin }: HarborStandIn, registries: readonly Registry[]): Promise<void> {
  const { code, stderr } = await runCommand('bash', ['-c', script], {
    env: { ...process.env, HARBOR: url, LOGIN: `${admin.username}:${admin.password}` },
    stdin: registries.map(({ name, host }) => `${name} ${host}\n`).join(''),
  });
  if (code !== 0) throw new Error(`The script ended with ${code}: ${stderr}`);
}
