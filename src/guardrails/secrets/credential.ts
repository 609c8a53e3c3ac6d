import { base32, bech32, letters } from './alphabet.ts'
import { entropyOf, hasBothCases, isPlaceholder, kindsOfCharacters } from './randomness.ts'
import { type Part, entropyFloor } from './shape.ts'

/** What a checksum or a decoded part says: `doubtful` looks right and was never issued. */
export type Verdict = 'genuine' | 'doubtful' | 'none'

/** One credential of one vendor that says by its first characters what it is. */
export interface Credential {
  /** `<vendor>_<what>`, lower snake case. */
  readonly kind: string
  /** Literal beginnings, two characters at least. */
  readonly prefixes: readonly string[]
  /** What follows the beginning. */
  readonly parts: readonly Part[]
  /** Least Shannon entropy of what follows, bits a character. Left out: what its shape suggests. */
  readonly entropy?: number
  /** It encodes something and is not just random: runs such as `AAAAAAAA` are no sign of a placeholder. */
  readonly isEncoded?: true
  /** It has so few digits that some have none. */
  readonly mayBeLetters?: true
  /** Not looked for behind a hyphen: for tokens so long that looking there again and again would cost too much. */
  readonly standsAlone?: true
  /** Says more about a token that has the shape. */
  readonly check?: (token: string) => Verdict
}

/** How random the body of a token has to be. */
export interface Randomness {
  /** Least Shannon entropy, bits a character. */
  readonly entropy: number
  /** The value encodes something. */
  readonly isEncoded: boolean
  /** Small letters and capitals both: a value of that alphabet and length has them for all practical purposes. */
  readonly bothCases: boolean
  /** It may consist of letters of one case, as one of base32 may. */
  readonly mayBeLetters: boolean
}

/** Fewest characters at which a random value of letters of both cases has both. */
const leastForBothCases = 24

/** What the shape of a value suggests. */
export function randomnessOf(parts: readonly Part[], given: Partial<Randomness> = {}): Randomness {
  let mixed = 0
  let isOneCase = true
  for (const part of parts) {
    if (typeof part === 'string') continue
    const hasBoth = (part.alphabet & letters) === letters
    if (hasBoth) mixed += Math.min(...part.lengths.map(([least]) => least))
    if (part.alphabet !== base32 && part.alphabet !== bech32) isOneCase = false
  }
  const isEncoded = given.isEncoded === true
  return {
    entropy: given.entropy ?? entropyFloor(parts),
    isEncoded,
    bothCases: !isEncoded && mixed >= leastForBothCases,
    mayBeLetters: isOneCase || given.mayBeLetters === true,
  }
}

/** Whether the body of a token is as random as one that was issued. */
export function isRandom(body: string, { entropy, isEncoded, bothCases, mayBeLetters }: Randomness): boolean {
  if (bothCases && !hasBothCases(body)) return false
  if (!mayBeLetters && kindsOfCharacters(body) < 2) return false
  return entropyOf(body) >= entropy && (isEncoded || !isPlaceholder(body))
}
