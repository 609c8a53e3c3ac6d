/** Sees where a JSON object or array ends in a text that comes in pieces. */
export class CompleteJson {
  #depth = 0
  #isComplete = false
  #inString = false
  #isEscaped = false

  /** One object or array has been opened and closed again. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  feed(piece: string): void {
    for (const sign of piece) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (this.#inString) this.#insideString(sign)
      else this.#outsideString(sign)
    }
  }

  #insideString(sign: string): void {
    if (sign === '\\') this.#isEscaped = true
    else if (sign === '"') this.#inString = false
  }

  #outsideString(sign: string): void {
    if (sign === '"') {
      this.#inString = true
    } else if (sign === '{' || sign === '[') {
      this.#depth += 1
    } else if (sign === '}' || sign === ']') {
      this.#depth -= 1
      if (this.#depth === 0) this.#isComplete = true
    }
  }
}
