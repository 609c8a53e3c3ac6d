/** How far before a value a word may stand that says what it is, characters. */
const reach = 50

/**
 * A pattern for words that say what a number is. A short one has to stand alone (`sin`, not `using` or `single`); a longer
 * one may begin a compound or a plural. Words that begin with another letter than a to z stand anywhere, for scripts without
 * spaces. Each argument may be several words, with `, ` between them; they are patterns.
 */
export function contextWords(...lists: readonly string[]): RegExp {
  const words = lists.flatMap((list) => list.split(', '))
  const alone = words.filter((word) => word.length <= 4 && /^[a-z]/.test(word))
  const beginnings = words.filter((word) => word.length > 4 && /^[a-z]/.test(word))
  const anywhere = words.filter((word) => !/^[a-z]/.test(word))
  const parts: string[] = []
  if (alone.length > 0) parts.push(`(?<![a-z])(?:${alone.join('|')})(?![a-z])`)
  if (beginnings.length > 0) parts.push(`(?<![a-z])(?:${beginnings.join('|')})`)
  return new RegExp([...parts, ...anywhere].join('|'), 'i')
}

/** Whether one of the words stands shortly before a place. Linear in `reach`. */
export function standsAfter(words: RegExp, text: string, place: number): boolean {
  return words.test(text.slice(Math.max(0, place - reach), place))
}
