const valid = /^[a-zA-Z0-9_-]+$/
const prefix = 'b64_'

/**
 * The ids of the tool calls of one conversation as Anthropic takes them: letters, digits, `_` and `-`, and each but once.
 * Other providers' ids have other characters (they are written in base64url, the same in call and result) or begin anew in
 * each turn (they get a number).
 */
export class ToolIds {
  readonly #used = new Set<string>()
  readonly #latest = new Map<string, string>()

  /** The id of a call that is made; a second one of the same id, in a later turn, gets another. */
  ofCall(id: string): string {
    const plain = validToolId(id)
    let chosen = plain
    for (let times = 2; this.#used.has(chosen); times += 1) chosen = `${plain}-${times}`
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
