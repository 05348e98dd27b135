import { expect } from 'chai';
import { rewriter } from '../../../src/image/rewrite.js';
import type { MirrorRule } from '../../../src/image/rules.js';

const rule = (mirror: string, host: string): MirrorRule => ({
  mirror,
  hosts: [host],
  pullPrefix: `harbor.test/${mirror}`,
  include: [],
  exclude: [],
});
const ID = `sha256:${'a'.repeat(64)}`;
const ROOM = 'a'.repeat(255 - 'hub/x/'.length);

describe('What is left alone although a mirror covers its name', () => {
  const rewrite = rewriter([rule('hub', 'docker.io'), rule('quay', 'quay.io')]);
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ["Istio's placeholder", 'auto', 'Placeholder'],
    ['no placeholder with a tag', 'auto:1', undefined],
    ['no placeholder with its host', 'docker.io/auto', undefined],
    ["an image's id", ID, 'ImageId'],
    ['no tag of 64 digits below a path', `x/${ID}`, undefined],
    ['no digest', `nginx@${ID}`, undefined],
    ['a path behind a prefix of ours', 'quay.io/harbor.test/hub/library/nginx:1', 'PrefixedAlready'],
    ["a path behind the prefix of the image's own mirror", 'quay.io/harbor.test/quay/a/b', 'PrefixedAlready'],
    ['no path behind another project', 'quay.io/harbor.test/other/a', undefined],
    ['no path that only begins like a project', 'quay.io/harbor.test/hub2/a', undefined],
    ['no image that is named as a prefix is', 'quay.io/harbor.test/hub', undefined],
    ['a path that would be too long with the project', `x/${ROOM}a`, 'TooLong'],
    ['no path that fits to the byte', `x/${ROOM}`, undefined],
  ];
  for (const [sentence, image, why] of cases) {
    it(`is ${sentence}`, () => {
      const result = rewrite(image);
      expect(result.outcome === 'leftAlone' ? result.why : undefined).to.equal(why);
      expect(result.image === image).to.equal(why !== undefined);
    });
  }

  it('is no path behind the prefix of a mirror in another policy, which this one does not know', () => {
    const apart = rewriter([rule('hub', 'docker.io'), rule('quay', 'quay.io')], (mirror) => mirror);
    expect(apart('quay.io/harbor.test/hub/a/b').outcome).to.equal('rewritten');
    expect(apart('quay.io/harbor.test/quay/a/b').outcome).to.equal('leftAlone');
  });
});
