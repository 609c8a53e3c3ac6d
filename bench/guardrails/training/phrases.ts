/** Pieces that training rows of one language are composed of. */
export interface Phrases {
  /** Tells the model to drop what it was told. */
  readonly override: readonly string[]
  /** Asks for the instructions themselves. */
  readonly reveal: readonly string[]
  /** Asks for what the instructions keep secret. */
  readonly secret: readonly string[]
  /** Makes the model one that has no rules. */
  readonly unbound: readonly string[]
  /** Harmless requests: what an attack hides behind, and what is harmless alone. */
  readonly task: readonly string[]
  /** Harmless, though with the words of an attack. */
  readonly near: readonly string[]
}
