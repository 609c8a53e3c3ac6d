/**
 * Patterns of one language, veiled, separated by white space. A pattern is a word in lower case with
 *
 * - `{a,b,}`: one of these, or nothing; several in a pattern multiply;
 * - `*` at its beginning or end: it may go on there, so `*abc*` is found inside longer words;
 * - and behind it `!`: strong, so it is also looked for with letters masked or apart; `~`: too mild or too ambiguous for
 *   more than a flag; `^`: not when only its first letter is a capital, because it is a name then.
 */
export interface WordList {
  readonly profanity: string
  readonly slur: string
  readonly insult: string
  readonly sexual?: string
  /** Words that are never reported although a pattern is in them. */
  readonly innocent?: string
}

export const wordKinds = ['profanity', 'slur', 'insult', 'sexual'] as const
export type WordKind = (typeof wordKinds)[number]

/** One word to look for. */
export interface Entry {
  /** Lower case; not folded yet. */
  readonly word: string
  /** null: it is harmless. */
  readonly kind: WordKind | null
  readonly opensBefore: boolean
  readonly opensAfter: boolean
  readonly strong: boolean
  readonly mild: boolean
  readonly notAsName: boolean
}

/** The words that a pattern of the notation above, not veiled, stands for. */
export function expandPattern(pattern: string, kind: WordKind | null): Entry[] {
  const marks = /[!~^]+$/.exec(pattern)?.[0] ?? ''
  const body = marks === '' ? pattern : pattern.slice(0, -marks.length)
  return expandBraces(body).map((form) => ({
    word: form.replaceAll('*', ''),
    kind,
    opensBefore: form.startsWith('*'),
    opensAfter: form.endsWith('*'),
    strong: marks.includes('!'),
    mild: marks.includes('~'),
    notAsName: marks.includes('^'),
  }))
}

function expandBraces(pattern: string): string[] {
  const opening = pattern.indexOf('{')
  if (opening < 0) return [pattern]
  const closing = pattern.indexOf('}', opening)
  const rest = expandBraces(pattern.slice(closing + 1))
  const before = pattern.slice(0, opening)
  return pattern
    .slice(opening + 1, closing)
    .split(',')
    .flatMap((choice) => rest.map((ending) => before + choice + ending))
}
