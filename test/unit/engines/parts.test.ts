import { expect } from 'chai';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import { placeInParts } from '../../../src/engines/placement/parts.js';
import { NOTHING, type Weight } from '../../../src/engines/placement/weight.js';

const BASE = 'registry-mirrors-0123456789';
const MOST = 100;

function entry(mirror: string, include: readonly string[] = []): MirrorEntry {
  return { mirror, hosts: [`${mirror}.test`], pullPrefix: `harbor.test/${mirror}`, include, exclude: [] };
}

function entries(count: number): readonly MirrorEntry[] {
  return Array.from({ length: count }, (_, i) => entry(`mirror-${String(i).padStart(4, '0')}`));
}

function homesOf(parts: ReturnType<typeof placeInParts>): ReadonlyMap<string, string> {
  return new Map([...parts].flatMap(([name, placed]) => placed.map(({ mirror }) => [mirror, name] as const)));
}

function sizes(parts: ReturnType<typeof placeInParts>): readonly (readonly [string, number])[] {
  return [...parts].map(([name, placed]) => [name, placed.length] as const);
}

describe('the policies of mirrors with the same settings', () => {
  it('are one for as many mirrors as it takes, and then one more', () => {
    expect(sizes(placeInParts(BASE, entries(MOST), new Map(), MOST))).to.deep.equal([[BASE, MOST]]);
    expect(sizes(placeInParts(BASE, entries(MOST + 1), new Map(), MOST))).to.deep.equal([
      [BASE, MOST],
      [`${BASE}-2`, 1],
    ]);
  });

  it('keep each mirror where it is, wherever its name would come', () => {
    const homes = homesOf(placeInParts(BASE, entries(200), new Map(), MOST));
    const more = homesOf(placeInParts(BASE, [...entries(200), entry('a'), entry('z')], homes, MOST));
    for (const [mirror, home] of homes) expect(more.get(mirror), mirror).to.equal(home);
    expect([more.get('a'), more.get('z')]).to.deep.equal([`${BASE}-3`, `${BASE}-3`]);
  });

  it('fill the first gap before there is another policy', () => {
    const homes = homesOf(placeInParts(BASE, entries(200), new Map(), MOST));
    const less = entries(200).slice(1);
    expect(homesOf(placeInParts(BASE, [...less, entry('new')], homes, MOST)).get('new')).to.equal(BASE);
  });

  it('move nothing while a mirror comes and goes at the limit', () => {
    const homes = homesOf(placeInParts(BASE, entries(101), new Map(), MOST));
    const less = homesOf(placeInParts(BASE, entries(101).slice(1), homes, MOST));
    for (const [mirror, home] of less) expect(home, mirror).to.equal(homes.get(mirror));
  });

  it('give the smallest one up once the others have room to spare', () => {
    let homes = homesOf(placeInParts(BASE, entries(120), new Map(), MOST));
    for (const [count, policies] of [
      [84, 2],
      [83, 1],
    ] as const) {
      const left = entries(120).slice(120 - count);
      const parts = placeInParts(BASE, left, homes, MOST);
      expect(parts.size, `${count} mirrors`).to.equal(policies);
      homes = homesOf(parts);
    }
  });

  it('keep the first one for its name, also where it is the smallest', () => {
    const homes = homesOf(placeInParts(BASE, entries(160), new Map(), MOST));
    const left = entries(160).slice(90);
    expect(sizes(placeInParts(BASE, left, homes, MOST))).to.deep.equal([[BASE, 70]]);
    const raised = homesOf(placeInParts(BASE, entries(800), new Map(), MOST));
    expect(sizes(placeInParts(BASE, entries(800).slice(5), raised, 1000))).to.deep.equal([[BASE, 795]]);
  });

  it('give another one up where the smallest doesn’t fit into the others', () => {
    const weights: Readonly<Record<string, number>> = { a: 10, e: 3, f: 51, b: 2, c: 3, d: 29 };
    const weigh = ({ mirror }: MirrorEntry): Weight => ({ ...NOTHING, expression: 1000 * (weights[mirror] ?? 0) });
    const homes = new Map(
      Object.entries({ a: BASE, e: `${BASE}-2`, f: `${BASE}-2`, b: `${BASE}-3`, c: `${BASE}-3`, d: `${BASE}-3` }),
    );
    const placed = placeInParts(
      BASE,
      ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => entry(name)),
      homes,
      MOST,
      weigh,
    );
    expect(sizes(placed)).to.deep.equal([
      [BASE, 4],
      [`${BASE}-2`, 2],
    ]);
  });

  it('move the largest one out of a policy that has become too large, and only that', () => {
    const homes = homesOf(placeInParts(BASE, entries(50), new Map(), MOST));
    const long = Array.from({ length: 64 }, (_, i) => `${'x'.repeat(240)}/${i}`);
    const edited = entries(50).map((one, i) => (i < 4 ? entry(one.mirror, long) : one));
    const after = homesOf(placeInParts(BASE, edited, homes, MOST));
    const moved = edited.filter(({ mirror }) => after.get(mirror) !== homes.get(mirror));
    expect(moved.map(({ mirror }) => mirror)).to.deep.equal(['mirror-0003']);
    expect(homesOf(placeInParts(BASE, edited, after, MOST))).to.deep.equal(after);
  });

  it('go on with the policies of an operator that named them otherwise', () => {
    const homes = new Map(entries(60).map(({ mirror }, i) => [mirror, `${BASE}-${i % 2}`]));
    const more = [...entries(60), entry('new'), ...Array.from({ length: 60 }, (_, i) => entry(`x${i}`))];
    const parts = placeInParts(BASE, more, homes, MOST);
    expect([...parts.keys()]).to.deep.equal([`${BASE}-0`, `${BASE}-1`]);
    for (const [mirror, home] of homes) expect(homesOf(parts).get(mirror)).to.equal(home);
  });

  it('become fewer once each may have more, and most mirrors stay', () => {
    const homes = homesOf(placeInParts(BASE, entries(1000), new Map(), MOST));
    const after = homesOf(placeInParts(BASE, entries(1000), homes, 300));
    expect(new Set(after.values()).size).to.equal(4);
    expect(entries(1000).filter(({ mirror }) => after.get(mirror) === homes.get(mirror))).to.have.length(400);
    expect(homesOf(placeInParts(BASE, entries(1000), after, 300))).to.deep.equal(after);
  });

  it('are one of a thousand where each may have so many, and become one where there is room to spare', () => {
    expect(sizes(placeInParts(BASE, entries(1000), new Map(), 1000))).to.deep.equal([[BASE, 1000]]);
    const homes = homesOf(placeInParts(BASE, entries(800), new Map(), MOST));
    expect(sizes(placeInParts(BASE, entries(800), homes, 1000))).to.deep.equal([[BASE, 800]]);
  });

  it('become more once each may have fewer, and as many mirrors stay as may', () => {
    const homes = homesOf(placeInParts(BASE, entries(300), new Map(), 300));
    const after = homesOf(placeInParts(BASE, entries(300), homes, 100));
    expect([...Map.groupBy(after, ([, home]) => home).values()].map(({ length }) => length)).to.deep.equal([
      100, 100, 100,
    ]);
    expect(entries(300).filter(({ mirror }) => after.get(mirror) === BASE)).to.have.length(100);
    expect(homesOf(placeInParts(BASE, entries(300), after, 100))).to.deep.equal(after);
  });

  it('take nobody in who comes from a policy of other settings', () => {
    const homes = new Map(entries(2).map(({ mirror }) => [mirror, 'registry-mirrors-9876543210']));
    expect([...placeInParts(BASE, entries(2), homes, MOST).keys()]).to.deep.equal([BASE]);
  });
});
