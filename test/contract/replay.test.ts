import { expect } from 'chai';
import { readRecording, recordedScenarios } from './recording.js';
import { replay } from './replay.js';
import type { Scenario } from './scenario.js';
import { operatorScenarios } from './scenarios/operator.js';
import { projectScenarios } from './scenarios/projects.js';
import { registryScenarios } from './scenarios/registries.js';
import { robotScenarios } from './scenarios/robots.js';
import { systemScenarios } from './scenarios/system.js';

const scenarios: Readonly<Record<string, Scenario>> = {
  ...systemScenarios,
  ...registryScenarios,
  ...projectScenarios,
  ...robotScenarios,
  ...operatorScenarios,
};

describe('the Harbor stand-in answers as a real Harbor was recorded', () => {
  let replayed = 0;
  let skipped = 0;

  for (const name of recordedScenarios) {
    it(`in ${name}`, async () => {
      const recording = readRecording(name);
      const outcome = await replay(recording, scenarios[name] ?? {});
      expect(outcome.problems, `\n${outcome.problems.join('\n')}\n`).to.deep.equal([]);
      expect(outcome.replayed.length + outcome.skipped.length).to.equal(recording.exchanges.length);
      replayed += outcome.replayed.length;
      skipped += outcome.skipped.length;
    });
  }

  it('with at least 97 % of all exchanges replayed', () => {
    expect(replayed / (replayed + skipped), `${replayed} replayed, ${skipped} skipped`).to.be.at.least(0.97);
  });

  it('and no scenario is set up that was not recorded', () => {
    expect(recordedScenarios).to.include.members(Object.keys(scenarios));
  });
});
