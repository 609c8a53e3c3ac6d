import { createHash } from 'node:crypto'

const allowedName = /^[A-Za-z_][\w.:-]{0,63}$/
const keptChars = 50

/** Names of functions as Gemini takes them, and the way back. A name gives the same result in every turn. */
export class ToolNames {
  readonly #originals = new Map<string, string>()

  /** A name Gemini takes; one it would refuse is written with legal characters and a part of its hash. */
  toGemini(name: string): string {
    if (allowedName.test(name)) return name
    const hash = createHash('sha256').update(name).digest('hex').slice(0, 12)
    const legal = name.replace(/[^\w.:-]/g, '_').slice(0, keptChars)
    const sanitised = `${/^[A-Za-z_]/.test(legal) ? '' : '_'}${legal}_${hash}`
    this.#originals.set(sanitised, name)
    return sanitised
  }

  /** The client's own name of what Gemini called. */
  fromGemini(name: string): string {
    return this.#originals.get(name) ?? name
  }
}
