/** What the person who typed the command can put right: one sentence, without a stack. */
export class UsageError extends Error {
  constructor(sentence: string) {
    super(sentence)
    this.name = 'UsageError'
  }
}
