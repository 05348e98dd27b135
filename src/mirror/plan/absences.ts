import type { HarborSession } from '../../harbor/session/harbor-session.js';

interface Picture {
  readonly readAt: number;
  readonly names: Set<string>;
}

/**
 * Projects that were looked for by name and are not there, of the newest picture of each Harbor. A mirror that waits for its turn at its upstream
 * looks several times on one picture, and asks once.
 */
export class Absences {
  readonly #pictures = new WeakMap<HarborSession, Picture>();

  /** @param readAt - when the picture was read */
  has(session: HarborSession, readAt: number, project: string): boolean {
    const picture = this.#pictures.get(session);
    return picture?.readAt === readAt && picture.names.has(project);
  }

  note(session: HarborSession, readAt: number, project: string): void {
    const before = this.#pictures.get(session);
    const picture = before?.readAt === readAt ? before : { readAt, names: new Set<string>() };
    picture.names.add(project);
    this.#pictures.set(session, picture);
  }
}
