/** Something that may have been silent for too long. */
export interface Silent {
  /** Round of the wheel at its last write; the writer keeps it up to date. */
  lastRound: number
  keepAlive(): void
}

/** How finely a silence is measured: a comment comes between 3/4 of the interval after the last write and the whole of it. */
const roundsPerInterval = 4

/**
 * One timer for every open stream. A stream notes the number of the current round when it writes, which costs nothing;
 * each round asks only those whose interval of silence is over by now to send a comment.
 */
export class KeepaliveWheel {
  round = 0
  readonly #members = new Set<Silent>()
  readonly #timer: NodeJS.Timeout

  /** `intervalMs`: the longest silence towards a client; a comment ends it. */
  constructor(intervalMs: number) {
    this.#timer = setInterval(
      () => {
        this.turn()
      },
      Math.max(1, Math.floor(intervalMs / roundsPerInterval)),
    )
    this.#timer.unref()
  }

  get size(): number {
    return this.#members.size
  }

  add(member: Silent): void {
    member.lastRound = this.round
    this.#members.add(member)
  }

  remove(member: Silent): void {
    this.#members.delete(member)
  }

  /** One round; the timer calls it, and a test may. */
  turn(): void {
    this.round += 1
    for (const member of this.#members) {
      if (this.round - member.lastRound >= roundsPerInterval) {
        member.lastRound = this.round
        member.keepAlive()
      }
    }
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#members.clear()
  }
}
