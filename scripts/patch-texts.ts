import { ENGINE_KINDS, ENGINES } from '../src/engines/engines.js';
import { renderPolicies } from '../src/engines/render.js';

const BEGIN =
  '    # Generated from src/engines by `npm run generate`: all texts that make the patch of a Pod in policies of the operator.\n';
const END = '    # End of what is generated.\n';

/** Where a policy of Kyverno's has what makes a patch, as far as it is looked at here. */
interface PatchingSpec {
  readonly rules?: readonly {
    readonly mutate: { readonly foreach: readonly { readonly context: readonly ContextStep[] }[] };
  }[];
  readonly mutations?: readonly { readonly jsonPatch: { readonly expression: string } }[];
}

interface ContextStep {
  readonly name: string;
  readonly variable: { readonly jmesPath?: string };
}

/** All texts that make the patch of a Pod in policies of Kyverno's, whatever the mirrors and their settings, each once. */
export function patchTexts(): readonly string[] {
  const entry = { mirror: 'a', hosts: ['a.example.org'], pullPrefix: 'harbor.example.org/a', include: [], exclude: [] };
  const texts = ENGINE_KINDS.filter((engine) => ENGINES[engine].isKyverno).flatMap((engine) =>
    (['None', 'Inject'] as const).flatMap((pullSecret) => {
      const settings = { engine, failurePolicy: 'Fail', podsWithPullSecrets: 'Skip', pullSecret } as const;
      return renderPolicies([{ entry, settings }], { excludedNamespaces: [] }).flatMap(({ object }) =>
        textsOf(object.spec),
      );
    }),
  );
  return [...new Set(texts)];
}

/** Those of one policy. */
export function textsOf(spec: object): readonly string[] {
  const { rules = [], mutations = [] } = spec as PatchingSpec;
  const steps = rules.flatMap(({ mutate }) => mutate.foreach.flatMap(({ context }) => context));
  return [
    ...steps.filter(({ name }) => name === 'patch').map(({ variable }) => variable.jmesPath ?? ''),
    ...mutations.map(({ jsonPatch }) => jsonPatch.expression),
  ];
}

/**
 * The admission policy with these texts as its variable `patches`, between two comments.
 *
 * @param isTemplate - whether Helm reads it: then what looks like a template in the texts is taken as it is
 */
export function withPatchTexts(page: string, isTemplate: boolean): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`The admission policy has no place for the texts: ${BEGIN}${END}`);
  const lines = `[\n${patchTexts().map(celLiteral).join(',\n')}\n]`.replaceAll(/^(?=.)/gm, '        ');
  const escaped = isTemplate ? lines.replaceAll('{{', '{{ "{{" }}') : lines;
  return `${page.slice(0, begin)}${BEGIN}    - name: patches\n      expression: |-\n${escaped}\n${page.slice(end)}`;
}

/** As it stands in the policy, so that a person can compare. */
function celLiteral(text: string): string {
  if (text.includes('"""') || text.endsWith('"')) throw new Error(`This text ends within quotes: ${text}`);
  return `r"""${text}"""`;
}
