import { createHash } from 'node:crypto'

/** Shorter texts are read as quickly as they are looked up. */
const shortestKept = 256

/**
 * Texts in which these rules found nothing, lately: the system prompt of every request and the history of a conversation come
 * again and again, and looking one up costs a fiftieth of reading it. Keeps digests, no texts.
 */
export class CleanTexts {
  readonly #most: number
  #newer = new Set<string>()
  #older = new Set<string>()

  /** @param most digests kept, at least; twice as many at most. */
  constructor(most: number) {
    this.#most = most
  }

  /** The digest of a text under some rules; null: it is not worth keeping. */
  digest(fingerprint: string, text: string): string | null {
    if (text.length < shortestKept) return null
    return createHash('sha256').update(`${fingerprint}\n`).update(text, 'utf16le').digest('base64url')
  }

  has(digest: string): boolean {
    if (this.#newer.has(digest)) return true
    if (!this.#older.has(digest)) return false
    this.add(digest)
    return true
  }

  add(digest: string): void {
    if (this.#newer.size >= this.#most) {
      this.#older = this.#newer
      this.#newer = new Set()
    }
    this.#newer.add(digest)
  }
}
