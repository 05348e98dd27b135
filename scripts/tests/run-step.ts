// Runs the stages of one step of `npm test`, some of them side by side.
import type { Outcome } from './run-stage.ts';
import type { Stage, Step } from './stages.ts';

interface StageRunner {
  /** Shown: writes its output as it comes. */
  readonly runStage: (stage: Stage, isShown: boolean) => Promise<Outcome>;
  readonly write: (text: string) => void;
}

/** The output of a step's first stage is shown as it comes, that of the others in one piece, after that. No stage waits for it. */
export async function runStep({ stages, atOnce }: Step, { runStage, write }: StageRunner): Promise<readonly Outcome[]> {
  const waiting = stages.entries();
  const outcomes: Outcome[] = [];
  /** What ended before the first stage did. */
  const held: string[] = [];
  let hasFirstEnded = false;
  const work = async (): Promise<void> => {
    // Shared by all workers: each takes the next one.
    for (const [index, stage] of waiting) {
      const outcome = await runStage(stage, index === 0);
      outcomes.push(outcome);
      if (index > 0) held.push(outcome.output);
      else hasFirstEnded = true;
      if (hasFirstEnded) for (const text of held.splice(0)) write(text);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcomes;
}
