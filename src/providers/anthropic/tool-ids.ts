const valid = /^[a-zA-Z0-9_-]+$/
const prefix = 'b64_'

/**
 * The ids of the tool calls of one conversation as Anthropic takes them: letters, digits, `_` and `-`, and each but once.
 * Other providers' ids have other characters (they are written in base64url, the same in call and result) or begin anew in
 * each turn (they get a number).
 */
export class ToolIds {
  readonly #used = new Set<string>()
  /** How often an id was made into one of its own, so that the search goes on where it ended. */
  readonly #times = new Map<string, number>()
  readonly #latest = new Map<string, string>()

  /** The id of a call that is made; a second one of the same id, in a later turn, gets another. */
  ofCall(id: string): string {
    const plain = validToolId(id)
    let times = this.#times.get(plain) ?? 1
    let chosen = times === 1 ? plain : `${plain}-${times}`
    while (this.#used.has(chosen)) chosen = `${plain}-${(times += 1)}`
    this.#times.set(plain, times)
    this.#used.add(chosen)
    this.#latest.set(plain, chosen)
    return chosen
  }

  /** The id of the last call with this id. */
  ofResult(id: string): string {
    const plain = validToolId(id)
    return this.#latest.get(plain) ?? plain
  }
}

/** The same id in the alphabet Anthropic allows. */
function validToolId(id: string): string {
  return valid.test(id) ? id : `${prefix}${Buffer.from(id, 'utf8').toString('base64url')}`
}
