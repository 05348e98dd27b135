import { expect } from 'chai';
import fc from 'fast-check';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import { precedence } from '../../../src/engines/placement/precedence.js';
import { literalPrefix, matchesGlob } from '../../../src/image/glob.js';
import { rewriter } from '../../../src/image/rewrite.js';
import { mirror } from './entries.js';

describe('precedence between policies', () => {
  const everything = mirror('everything', { hosts: ['docker.io'] });
  const library = mirror('library', { hosts: ['docker.io', 'quay.io'], include: ['library/**'] });

  it("leaves alone what another policy's more specific mirror takes", () => {
    expect(precedence([everything, library])([everything])).to.deep.equal([
      {
        hosts: ['docker.io'],
        outcomes: [
          { pullPrefix: undefined, include: ['library/**'], exclude: [] },
          { pullPrefix: 'harbor.example.org/everything', include: [], exclude: [] },
        ],
      },
    ]);
  });

  it('says nothing of less specific mirrors of others', () => {
    const [rule] = precedence([everything, library])([library]);
    expect(rule?.hosts).to.deep.equal(['docker.io', 'quay.io']);
    expect(rule?.outcomes).to.deep.equal([
      { pullPrefix: 'harbor.example.org/library', include: ['library/**'], exclude: [] },
    ]);
  });

  it('says nothing of what others take where no path of its own can be among it', () => {
    const team = (name: string, ...include: string[]): MirrorEntry => mirror(name, { hosts: ['docker.io'], include });
    const one = team('one', 'team-1/**');
    for (const other of ['team-10/**', 'team-10', 'team', 'other/**', 'team-1x*', 'team-10/a/**']) {
      expect(precedence([one, team('other', other)])([one])[0]?.outcomes, other).to.have.length(1);
    }
    for (const [mine, other] of [
      ['team-1/**', 'team-1/a/**'],
      ['team-1', 'team-1/**'],
      ['team-1', 'team-*'],
      ['team-*', 'team-1'],
      ['**', 'team-1/*'],
      ['*/b', 'a/b'],
    ] as const) {
      const own = team('own', mine);
      const outcomes = precedence([own, team('other', other)])([own])[0]?.outcomes ?? [];
      const others = outcomes.filter(({ pullPrefix }) => pullPrefix === undefined);
      const isFirst =
        literalPrefix(other).length > literalPrefix(mine).length || literalPrefix(other) === literalPrefix(mine);
      expect(others.length, `${other} before ${mine}`).to.equal(isFirst ? 1 : 0);
    }
  });

  it('decides together as one rewrite of all mirrors would, whatever policies they are in', () => {
    const glob = fc.array(fc.constantFrom('a', 'b', 'ab', '*', '**', 'a*', '?'), { minLength: 1, maxLength: 3 });
    const globs = fc.uniqueArray(
      glob.map((parts) => parts.join('/')),
      { maxLength: 2 },
    );
    const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'c'), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(globs, globs, fc.nat({ max: 1 })), { minLength: 1, maxLength: 5 }),
        path.map((parts) => parts.join('/')),
        (mirrors, image) => {
          const all = mirrors.map(([include, exclude], i) =>
            mirror(`m${i}`, { hosts: ['quay.io'], include: include.toSorted(), exclude }),
          );
          const rulesOf = precedence(all);
          const results = [0, 1].flatMap((part) => {
            const own = all.filter((_, i) => mirrors[i]?.[2] === part);
            const [rule] = rulesOf(own);
            const outcome = rule?.outcomes.find(
              ({ include, exclude }) =>
                (include.length === 0 || include.some((one) => matchesGlob(one, image))) &&
                !exclude.some((one) => matchesGlob(one, image)),
            );
            return outcome?.pullPrefix ?? [];
          });
          const { image: rewritten } = rewriter(all)(`quay.io/${image}`);
          expect(results).to.deep.equal(
            rewritten === `quay.io/${image}` ? [] : [rewritten.slice(0, -image.length - 1)],
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("says a mirror's excludes once, whatever the number of its hosts and includes", () => {
    const hosts = ['a.test', 'b.test'];
    const wide = mirror('wide', { hosts, include: ['x/**', 'long/y/**', 'z'], exclude: ['x/secret'] });
    const outcome = {
      pullPrefix: 'harbor.example.org/wide',
      include: ['long/y/**', 'x/**', 'z'],
      exclude: ['x/secret'],
    };
    expect(precedence([wide])([wide])).to.deep.equal([{ hosts, outcomes: [outcome] }]);
  });

  it('says an exclude only where it can have an effect, so that mirrors with many of both stay short', () => {
    const team = (name: string): MirrorEntry => {
      const include = [`a/${name}/**`, `bb/${name}*`, `ccc/${name}`];
      const exclude = [`a/${name}/x`, `bb/${name}-y/**`, `ccc/*`, `d/**`];
      return mirror(name, { hosts: ['quay.io'], include, exclude });
    };
    const all = [team('one'), team('two')];
    expect(precedence(all)(all)[0]?.outcomes.map(({ include, exclude }) => [include, exclude])).to.deep.equal([
      [['ccc/one'], ['ccc/*']],
      [['ccc/two'], ['ccc/*']],
      [
        ['a/one/**', 'bb/one*'],
        ['a/one/x', 'bb/one-y/**'],
      ],
      [
        ['a/two/**', 'bb/two*'],
        ['a/two/x', 'bb/two-y/**'],
      ],
    ]);
  });

  it('takes a mirror that is in two policies for a while for its own in both', () => {
    const moved = { ...library, pullPrefix: 'other.test/library' };
    expect(precedence([library, moved])([moved])).to.deep.equal(precedence([moved])([moved]));
    expect(precedence([library, moved])([library])).to.deep.equal(precedence([library])([library]));
  });
});
