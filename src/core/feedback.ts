/** One value that somebody reported for an exchange: what the spool and the store know. */
export interface FeedbackRecord {
  readonly tenantId: string
  /** Of the exchange, lower case. */
  readonly requestId: string
  /** `rating`, `thumbs`, `accuracy`, or a name of the author's own. */
  readonly name: string
  /** Who says it: with request id and name it is one statement, which a later one replaces. */
  readonly source: string
  readonly value: number | boolean | string
  readonly comment: string | null
  /** Milliseconds since 1970: when it was reported. */
  readonly at: number
  /** Of the key it came with; null: Promptbox said it itself. */
  readonly keyId: string | null
}
