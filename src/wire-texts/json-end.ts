const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Sees where the first object or list ends in a text that comes in pieces. Constant memory, one look at each character. */
export class JsonEnd {
  #depth = 0
  #isReached = false
  #inString = false
  #isEscaped = false

  get isReached(): boolean {
    return this.#isReached
  }

  feed(piece: string): void {
    if (this.#isReached) return
    for (let at = 0; at < piece.length; at += 1) {
      const code = piece.charCodeAt(at)
      if (this.#isEscaped) this.#isEscaped = false
      else if (code === quote) this.#inString = !this.#inString
      else if (this.#inString) this.#isEscaped = code === backslash
      else if (code === openBrace || code === openBracket) this.#depth += 1
      else if (code === closeBrace || code === closeBracket) this.#closeOne()
    }
  }

  #closeOne(): void {
    this.#depth -= 1
    if (this.#depth === 0) this.#isReached = true
  }
}
